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
    expect(chipsOf(FILTERS).map(chipText)).toEqual([
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

  it("are absent without filters", () => {
    const host = draw(<Chips filters={{}} setFilters={() => undefined} />);
    expect(host.children).toHaveLength(0);
  });
});
