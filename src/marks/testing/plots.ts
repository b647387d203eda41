/** A plot of 1,000 x 40 px for tests, and what was drawn on it. */
import { tokens } from "../../core/palette.js";
import { Scene, boxOfText, boxesOverlap, type SceneItem } from "../../core/scene.js";
import type { Plot } from "../plot.js";

export function plotOf(start: number, end: number, change: Partial<Plot> = {}): Plot {
  return {
    x: 180,
    y: 10,
    width: 1_000,
    height: 40,
    region: { chrom: "20", start, end },
    tokens: tokens("light"),
    ...change,
  };
}

export function sceneOf(): Scene {
  return new Scene(1_200, 200);
}

export function itemsOf<K extends SceneItem["kind"]>(
  scene: Scene,
  kind: K,
): Extract<SceneItem, { kind: K }>[] {
  return scene.items.filter((item): item is Extract<SceneItem, { kind: K }> => item.kind === kind);
}

export function textsOf(scene: Scene): string[] {
  return itemsOf(scene, "text").map((item) => item.text);
}

/** Pairs of texts that would be drawn over each other. */
export function overlappingTexts(scene: Scene): string[] {
  const texts = itemsOf(scene, "text");
  return texts.flatMap((a, i) =>
    texts
      .slice(i + 1)
      .filter((b) => boxesOverlap(boxOfText(a), boxOfText(b)))
      .map((b) => `${a.text} / ${b.text}`),
  );
}

/** Texts that leave the plot at its left or right border. */
export function textsOutside(scene: Scene, plot: Plot): string[] {
  return itemsOf(scene, "text")
    .filter((item) => {
      const box = boxOfText(item);
      return box.x < plot.x - 0.01 || box.x + box.w > plot.x + plot.width + 0.01;
    })
    .map((item) => item.text);
}
