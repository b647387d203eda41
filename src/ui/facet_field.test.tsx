import { describe, expect, it } from "vitest";
import type { FacetField as Field, FacetValue } from "../core/facets.js";
import { FacetField, type PanelMemory } from "./facet_field.js";
import { draw, press, settle } from "./testing/loaded.js";

function value(text: string | null, count: number, change: Partial<FacetValue> = {}): FacetValue {
  return { value: text, count, total: 10, selected: false, excluded: false, ...change };
}

function field(name: string, values: FacetValue[]): Field {
  return { field: name, values, nMissing: 0 };
}

function show(shown: Field, isOpenAtFirst = true, memory: PanelMemory = new Map()) {
  const changes: [FacetValue["value"], string][] = [];
  const host = draw(
    <FacetField
      field={shown}
      label="Assay"
      isOpenAtFirst={isOpenAtFirst}
      memory={memory}
      change={(picked, how) => changes.push([picked, how])}
    />,
  );
  return { host, changes };
}

const rows = (host: HTMLElement) => [...host.querySelectorAll<HTMLElement>("[role=option]")];

describe("a facet field", () => {
  it("is a named group, not a landmark that would repeat with every browser of a page", () => {
    const { host } = show(field("assay_title", [value("a", 1), value("b", 1)]));
    expect(host.querySelector('section[aria-label="Assay"]')?.getAttribute("role")).toBe("group");
  });

  it("tells under its heading what the search and Python call it", () => {
    const { host } = show(field("biosample_name", [value("a", 1), value("b", 1)]));
    const heading = host.querySelector(".lsc-head-name");
    expect(heading?.textContent).toBe("Assay");
    expect(heading?.getAttribute("title")).toContain("biosample_name in the search");
  });

  it("tells what stands in the data where a value is shown in other words", () => {
    const { host } = show(field("output_name", [value("chip_tf", 1), value(null, 1)]));
    const [first, missing] = rows(host);
    expect(first?.textContent).toContain("ChIP, factors");
    expect(first?.title).toContain("ChIP, factors (chip_tf): 1 / 10");
    expect(missing?.title).toContain("(missing): 1 / 10");
  });

  it("shows count, total, state and a bar for every value", () => {
    const { host } = show(
      field("assay_title", [
        value("ATAC-seq", 5, { selected: true }),
        value(null, 0, { excluded: true }),
      ]),
    );
    const [first, second] = rows(host);
    expect(first?.dataset).toMatchObject({
      value: "ATAC-seq",
      count: "5",
      total: "10",
      state: "in",
    });
    expect(first?.getAttribute("aria-label")).toBe("ATAC-seq, 5 of 10 tracks, included");
    expect(first?.querySelector<HTMLElement>(".lsc-amount")?.style.width).toContain("* 0.5");
    expect(second?.getAttribute("data-value")).toBe("");
    expect(second?.getAttribute("data-state")).toBe("out");
    expect(second?.textContent).toContain("(missing)");
  });

  it("includes by click and leaves out by Alt+click", () => {
    const { host, changes } = show(field("assay_title", [value("a", 1), value("b", 1)]));
    rows(host)[1]?.click();
    rows(host)[0]?.dispatchEvent(new MouseEvent("click", { bubbles: true, altKey: true }));
    expect(changes).toEqual([
      ["b", "in"],
      ["a", "not"],
    ]);
  });

  it("works by key: arrows move, space includes, X leaves out", async () => {
    const { host, changes } = show(field("assay_title", [value("a", 1), value("b", 1)]));
    const list = host.querySelector("[role=listbox]");
    press(list, "ArrowDown");
    await settle();
    expect(rows(host).map((row) => row.tabIndex)).toEqual([-1, 0]);
    expect(press(list, " ").defaultPrevented).toBe(true);
    press(list, "x");
    expect(changes).toEqual([
      ["b", "in"],
      ["b", "not"],
    ]);
    expect(press(list, "q").defaultPrevented).toBe(false);
  });

  it("acts on the row with the focus, whatever row was reached before", () => {
    const { host, changes } = show(field("assay_title", [value("a", 1), value("b", 1)]));
    press(rows(host)[1] ?? null, " ");
    press(rows(host)[0] ?? null, "x");
    expect(changes).toEqual([
      ["b", "in"],
      ["a", "not"],
    ]);
  });

  it("shows six values first, then more, and chosen ones always", async () => {
    const values = Array.from({ length: 12 }, (_, i) => value(`v${i}`, 12 - i));
    values[11] = value("v11", 0, { selected: true });
    const { host } = show(field("biosample_name", values));
    expect(rows(host).map((row) => row.dataset["value"])).toEqual([
      "v0",
      "v1",
      "v2",
      "v3",
      "v4",
      "v5",
      "v11",
    ]);
    host.querySelector<HTMLElement>(".lsc-more button")?.click();
    await settle();
    expect(rows(host)).toHaveLength(12);
  });

  it("never hides a single value", () => {
    const { host } = show(
      field(
        "assay_title",
        Array.from({ length: 7 }, (_, i) => value(`v${i}`, 7 - i)),
      ),
    );
    expect(rows(host)).toHaveLength(7);
    expect(host.querySelector(".lsc-more")).toBeNull();
  });

  it("remembers what was opened and searched when it is drawn in another column", async () => {
    const values = Array.from({ length: 20 }, (_, i) => value(`tissue ${i}`, 1));
    const memory: PanelMemory = new Map();
    const { host } = show(field("gtex_tissue", values), false, memory);
    host.querySelector<HTMLElement>("h4 button")?.click();
    await settle();
    const box = host.querySelector("input");
    if (box === null) throw new Error("no search box");
    box.value = "tissue 1";
    box.dispatchEvent(new Event("input", { bubbles: true }));
    await settle();
    const again = show(field("gtex_tissue", values), false, memory).host;
    expect(again.querySelector("input")?.value).toBe("tissue 1");
    expect(again.textContent).toContain("11 of 20 match");
  });

  it("searches among many values and marks the match", async () => {
    const values = Array.from({ length: 20 }, (_, i) =>
      value(i === 7 ? "Brain_Cortex" : `tissue ${i}`, 1),
    );
    const { host } = show(field("gtex_tissue", values));
    const box = host.querySelector("input");
    if (box === null) throw new Error("no search box");
    box.value = "COR";
    box.dispatchEvent(new Event("input", { bubbles: true }));
    await settle();
    expect(rows(host).map((row) => row.dataset["value"])).toEqual(["Brain_Cortex"]);
    expect(host.querySelector("mark")?.textContent).toBe("Cor");
    expect(host.textContent).toContain("1 of 20 match");
  });

  it("has no search box for few values and nothing below a closed heading", () => {
    expect(
      show(field("assay_title", [value("a", 1), value("b", 1)])).host.querySelector("input"),
    ).toBeNull();
    expect(rows(show(field("assay_title", [value("a", 1)]), false).host)).toHaveLength(0);
  });

  it("shows strands as segments in a fixed order", () => {
    const { host, changes } = show(
      field("strand", [value(null, 9), value("-", 3), value("+", 2, { selected: true })]),
    );
    const segments = [...host.querySelectorAll<HTMLElement>("[data-testid=lsc-facet-value]")];
    expect(segments.map((segment) => segment.dataset["value"])).toEqual(["+", "-", ""]);
    expect(segments[0]?.getAttribute("aria-pressed")).toBe("true");
    segments[1]?.click();
    press(segments[1] ?? null, "x");
    expect(changes).toEqual([
      ["-", "in"],
      ["-", "not"],
    ]);
  });
});
