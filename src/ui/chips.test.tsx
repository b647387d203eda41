import { describe, expect, it } from "vitest";
import type { FilterState } from "../core/facets.js";
import { Chips, chipsOf, chipText } from "./chips.js";
import { draw } from "./testing/loaded.js";

const FILTERS: FilterState = {
  assay_title: { in: ["ATAC-seq", null] },
  strand: { not: ["-"] },
};

describe("chips", () => {
  it("are one per included and excluded value, missing ones too", () => {
    expect(chipsOf(FILTERS).map((chip) => chipText(chip))).toEqual([
      "Assay ATAC-seq",
      "Assay (missing)",
      "Strand not \u2212",
    ]);
  });

  it("remove their own value only", () => {
    const seen: FilterState[] = [];
    const host = draw(<Chips filters={FILTERS} setFilters={(next) => seen.push(next)} />);
    const buttons = [...host.querySelectorAll("button")];
    buttons[0]?.click();
    buttons[2]?.click();
    expect(seen).toEqual([
      { assay_title: { in: [null] }, strand: { not: ["-"] } },
      { assay_title: { in: ["ATAC-seq", null] } },
    ]);
  });

  it("show ranges and filters that let nothing through, and take them away alone", () => {
    const seen: FilterState[] = [];
    const filters: FilterState = { mean: { in: [], min: 1, max: 2 }, strand: { in: ["+"] } };
    const host = draw(<Chips filters={filters} setFilters={(next) => seen.push(next)} />);
    const buttons = [...host.querySelectorAll("button")];
    expect(buttons.map((button) => button.textContent)).toEqual([
      "mean: no value is allowed, so nothing matches",
      "1.00 \u2013 2.00",
      "+",
    ]);
    expect(buttons[0]?.dataset["wrong"]).toBe("");
    buttons[0]?.click();
    buttons[1]?.click();
    expect(seen).toEqual([
      { mean: { min: 1, max: 2 }, strand: { in: ["+"] } },
      { mean: { in: [] }, strand: { in: ["+"] } },
    ]);
  });

  it("write the field where there is room, with what stands beside them", () => {
    const host = draw(
      <Chips
        filters={FILTERS}
        setFilters={() => undefined}
        labelOf={(field) => field.toUpperCase()}
        before={<b>3 tracks</b>}
        after={<i>Clear</i>}
      />,
    );
    expect(host.querySelector("b + button")?.textContent).toBe("ASSAY_TITLE ATAC-seq");
    expect(host.querySelectorAll("button")[2]?.textContent).toBe("STRAND, not \u2212");
    expect(host.querySelector("button + i")?.textContent).toBe("Clear");
  });

  it("are counted beyond sixty", () => {
    const names = Array.from({ length: 70 }, (_, i) => `v${String(i).padStart(2, "0")}`);
    const host = draw(<Chips filters={{ f: { in: names } }} setFilters={() => undefined} />);
    expect(host.querySelectorAll("button")).toHaveLength(60);
    expect(host.textContent).toContain("and 10 more");
  });

  it("are absent without filters", () => {
    const host = draw(<Chips filters={{}} setFilters={() => undefined} />);
    expect(host.children).toHaveLength(0);
  });
});
