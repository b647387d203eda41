/** The tutorial on explanations in a real JupyterLab: every cell runs, and its figures are there to be read. */
import type { Locator } from "@playwright/test";
import { expect, test, type LabPage } from "../fixtures/lab";

test.describe.configure({ mode: "serial" });
test.use({ workspace: "explain" });

const NOTEBOOK = "../notebooks/05_explain.ipynb";

/** The figures of contributions: still pictures below their cells. */
const figures = (lab: LabPage): Locator => lab.page.locator(".jp-OutputArea-output img");

/** How many pixels of a picture are green, blue, amber or red, as letters of bases are. */
async function inks(figure: Locator): Promise<number> {
  return figure.evaluate((element) => {
    const image = element as HTMLImageElement;
    const canvas = document.createElement("canvas");
    canvas.width = image.naturalWidth;
    canvas.height = image.naturalHeight;
    const pen = canvas.getContext("2d");
    if (pen === null) throw new Error("the page cannot read pictures");
    pen.drawImage(image, 0, 0);
    const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
    let count = 0;
    for (let at = 0; at < data.length; at += 4) {
      const rgb = [data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0];
      if (Math.max(...rgb) - Math.min(...rgb) > 80) count += 1;
    }
    return count;
  });
}

test("every cell runs and says what the text says", async ({ lab }) => {
  test.setTimeout(300_000);
  expect(await lab.open(NOTEBOOK, "explain.ipynb")).toBe("explain.ipynb");
  const results = await lab.runAll();
  expect(results.filter((result) => result.error !== null)).toEqual([]);
  expect(results.filter((result) => result.text.includes('"stderr"'))).toEqual([]);
  const printed = results.map((result) => result.text).join("\n");
  expect(printed).toMatch(/CTCF:Kc\s+9\.6/);
  expect(printed).toContain("change against the shuffles");
});

test("the letters of four methods are shown, one above the other", async ({ lab }) => {
  await expect(figures(lab)).toHaveCount(2);
  const four = figures(lab).first();
  await four.scrollIntoViewIfNeeded();
  await expect(four).toBeVisible();
  const size = await four.evaluate((image: HTMLImageElement) => [
    image.naturalWidth,
    image.naturalHeight,
  ]);
  expect(Math.min(...size)).toBeGreaterThan(600);
  expect(await inks(four)).toBeGreaterThan(5_000);
  expect(await inks(figures(lab).nth(1))).toBeGreaterThan(2_000);
  const box = await four.boundingBox();
  expect(box?.width ?? NaN).toBeLessThanOrEqual(1_440);
  await four.screenshot({ path: "test-results/explain_light.png" });
});

test("the figure keeps its own surface in a dark theme, and can be had dark", async ({ lab }) => {
  test.setTimeout(120_000);
  await lab.execute("apputils:change-theme", { theme: "JupyterLab Dark" });
  await figures(lab).first().scrollIntoViewIfNeeded();
  await figures(lab).first().screenshot({ path: "test-results/explain_dark.png" });
  await lab.python(
    "display(lsc.plots.plot_contributions(answers, window=(200, 275), theme='dark'))",
  );
  await expect(figures(lab)).toHaveCount(3);
  await figures(lab).nth(2).scrollIntoViewIfNeeded();
  const corner = await figures(lab)
    .nth(2)
    .evaluate((image: HTMLImageElement) => {
      const pen = document.createElement("canvas").getContext("2d");
      pen?.drawImage(image, 0, 0);
      return [...(pen?.getImageData(2, 2, 1, 1).data ?? [])];
    });
  expect(corner).toEqual([20, 23, 26, 255]);
  await figures(lab).nth(2).screenshot({ path: "test-results/explain_own_dark.png" });
  await lab.execute("apputils:change-theme", { theme: "JupyterLab Light" });
});

test("nothing left for another host and the page had no error", ({ lab }) => {
  expect(lab.foreign).toEqual([]);
  expect(lab.errors).toEqual([]);
});
