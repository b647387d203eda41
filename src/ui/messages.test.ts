import { describe, expect, it } from "vitest";
import * as messages from "./messages.js";

/** Every text of the page, functions called with small numbers and words. */
function allTexts(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value === "function") {
    const samples: unknown[][] = [
      [1, 2, 3, 4],
      ["a", "b", "c", "d"],
      [{ shown: 1, total: 2, evidence: "predicted", detail: "" }],
    ];
    return samples.flatMap((args) => {
      try {
        const text = (value as (...args: unknown[]) => unknown)(...args);
        return typeof text === "string" ? [text] : [];
      } catch {
        return [];
      }
    });
  }
  if (typeof value === "object" && value !== null) return Object.values(value).flatMap(allTexts);
  return [];
}

describe("the message catalogue", () => {
  const texts = allTexts(messages);

  it("holds more than a hundred texts", () => {
    expect(texts.length).toBeGreaterThan(100);
  });

  it("has no shouting and none of the words people should not meet", () => {
    for (const text of texts) {
      expect(text).not.toMatch(/!/);
      expect(text).not.toMatch(/\b(tensor|payload|comm|model_id)\b/);
    }
  });

  it("uses the true minus sign and sentence case", () => {
    for (const text of texts) expect(text).not.toMatch(/\b[A-Z][a-z]+ [A-Z][a-z]+ [A-Z][a-z]+\b/);
    expect(messages.words.difference).toContain("\u2212");
  });
});

describe("counted sentences", () => {
  it("agree with their number", () => {
    expect(messages.status.lanes(1, 1, 0)).toBe("1 track in 1 lane");
    expect(messages.status.lanes(9, 6, 4)).toBe("9 tracks in 6 lanes, 4 pinned");
    expect(messages.states.loadingTracks(12, 20)).toBe("Loading 20 tracks, 12 done");
    expect(messages.annotationNote(1, 14)).toBe("1 gene, 14 variants");
    expect(messages.annotationNote(null, 2)).toBe("2 variants");
  });

  it("say found, allowed and how to narrow", () => {
    expect(messages.status.limit(667, 100, 0)).toBe(
      "667 tracks match; 100 are shown. Filter by tissue, or raise max_lanes.",
    );
    expect(messages.states.emptyMatch("Assay ATAC-seq and Tissue liver")).toBe(
      "No tracks match Assay ATAC-seq and Tissue liver. Remove a filter or clear all.",
    );
  });

  it("name the zoom in bases per pixel, or pixels per base when near", () => {
    expect(messages.status.pixel(25)).toBe("1 px = 25 bp");
    expect(messages.status.pixel(0.125)).toBe("1 base = 8.0 px");
  });

  it("say what a group is", () => {
    const group = { shown: 2, total: 4, evidence: "predicted", detail: "splice site probability" };
    expect(messages.groupNote(group)).toBe(
      "2 of 4 tracks, predicted \u00b7 splice site probability",
    );
    expect(
      messages.groupNote({ ...group, shown: 1, total: 1, evidence: "measured", detail: "" }),
    ).toBe("1 track");
  });
});
