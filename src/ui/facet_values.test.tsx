import { describe, expect, it } from "vitest";
import type { FacetField as Field, FacetValue } from "../core/facets.js";
import { FacetValues, labelOf, optionText, stateOf } from "./facet_values.js";
import { draw, press, settle } from "./testing/loaded.js";

function value(text: string | null, count = 1, change: Partial<FacetValue> = {}): FacetValue {
  return { value: text, count, total: 10, selected: false, excluded: false, ...change };
}

function show(values: FacetValue[]) {
  const field: Field = { field: "transcription_factor", values, nMissing: 0 };
  const changes: [FacetValue["value"], string][] = [];
  const host = draw(
    <FacetValues
      field={field}
      label="Target"
      shown={values}
      folded=""
      change={(picked, how) => changes.push([picked, how])}
    />,
  );
  const rows = () => [...host.querySelectorAll<HTMLElement>("[role=option]")];
  return { host, rows, changes };
}

const MANY = Array.from({ length: 751 }, (_, i) => value(`TF${String(i).padStart(3, "0")}`));

describe("a long list", () => {
  it("draws some rows only, and says how many there are", () => {
    const { host, rows } = show(MANY);
    expect(rows().length).toBeLessThan(40);
    expect(rows()[3]?.getAttribute("aria-posinset")).toBe("4");
    expect(rows()[3]?.getAttribute("aria-setsize")).toBe("751");
    expect(host.querySelector<HTMLElement>("ul")?.style.maxHeight).toBe("288px");
    expect(rows().at(-1)?.style.marginBottom).toBe(`${(751 - rows().length) * 24}px`);
  });

  it("goes to its end and back by key, with the focus", async () => {
    const { rows } = show(MANY);
    rows()[0]?.focus();
    press(rows()[0] ?? null, "End");
    await settle();
    expect((document.activeElement as HTMLElement).dataset["value"]).toBe("TF750");
    press(document.activeElement, "PageUp");
    await settle();
    expect((document.activeElement as HTMLElement).dataset["value"]).toBe("TF738");
    press(document.activeElement, "Home");
    await settle();
    expect((document.activeElement as HTMLElement).dataset["value"]).toBe("TF000");
  });

  it("finds a value by its first letters", async () => {
    const { rows } = show(MANY);
    rows()[0]?.focus();
    for (const letter of "tf42") press(document.activeElement, letter);
    await settle();
    expect((document.activeElement as HTMLElement).dataset["value"]).toBe("TF420");
  });
});

describe("type-ahead beside Space and X", () => {
  it("goes on with a word only where a value is called so", async () => {
    const { rows, changes } = show([value("alpha"), value("B cell"), value("box")]);
    rows()[0]?.focus();
    press(document.activeElement, "b");
    await settle();
    press(document.activeElement, " ");
    await settle();
    expect((document.activeElement as HTMLElement).dataset["value"]).toBe("B cell");
    expect(changes).toEqual([]);
    press(document.activeElement, "x");
    expect(changes).toEqual([["B cell", "not"]]);
  });

  it("keeps letters inside, and chords out", () => {
    const { host, rows } = show([value("alpha"), value("beta")]);
    let reached = 0;
    host.addEventListener("keydown", () => {
      reached += 1;
    });
    expect(press(rows()[0] ?? null, "q").defaultPrevented).toBe(false);
    expect(reached).toBe(0);
    press(rows()[0] ?? null, "a", { ctrlKey: true });
    press(rows()[0] ?? null, "Tab");
    expect(reached).toBe(2);
  });
});

describe("words of a row", () => {
  it("are label, counts and state", () => {
    expect(optionText("strand", value("-", 3, { excluded: true }))).toBe(
      "\u2212, 3 of 10 tracks, excluded",
    );
    expect(optionText("strand", value(null))).toBe("(missing), 1 of 10 tracks");
  });

  it("cut and clean text of data", () => {
    expect(labelOf("biosample_name", "A".repeat(10_000))).toHaveLength(200);
    expect(labelOf("biosample_name", "a\u202Eb")).not.toContain("\u202E");
  });

  it("prefer left out over included", () => {
    expect(stateOf(value("a", 1, { selected: true, excluded: true }))).toBe("out");
    expect(stateOf(value("a"))).toBe("off");
  });
});
