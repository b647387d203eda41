/** Figures of many alleles in a real JupyterLab: still ones in a frame, and one that moves a browser. */
import AxeBuilder from "@axe-core/playwright";
import type { Frame, Locator } from "@playwright/test";
import { expect, test, type LabPage } from "../fixtures/lab";

test.describe.configure({ mode: "serial" });
test.use({ workspace: "variants" });

/** Name of the allele that takes away a splice acceptor. */
const HOSTILE = "<img/src=x/onerror=window.__pwned=1>";

const tracks = (lab: LabPage): Locator => lab.page.getByTestId("lsc-track-browser").first();
/** The drawing of the figure that is linked with the browser. */
const linked = (lab: LabPage): Locator => lab.page.locator(".bk-Figure").last();

/** The frame of the still figure. */
async function still(lab: LabPage): Promise<Frame> {
  const element = lab.page.locator('iframe[title*="without a score"]').first();
  await element.scrollIntoViewIfNeeded();
  const frame = await (await element.elementHandle())?.contentFrame();
  if (!frame) throw new Error("the figure has no frame");
  await frame.waitForSelector('#figure[data-state="ready"]', { timeout: 30_000 });
  return frame;
}

async function place(lab: LabPage): Promise<[number, number]> {
  const text = await lab.python("print(browser.interval.start, browser.interval.end)");
  const [start, end] = text.split(" ").map(Number);
  return [start ?? NaN, end ?? NaN];
}

/** Where a point of the linked figure stands on the screen. */
async function point(lab: LabPage, x: number, y: number): Promise<[number, number]> {
  await linked(lab).scrollIntoViewIfNeeded();
  const box = await linked(lab).boundingBox();
  if (box === null) throw new Error("the figure has no box");
  const [sx = NaN, sy = NaN] = await lab.page.evaluate(
    ([atX, atY]) => {
      const frame = [...window.Bokeh.index].find((view) => view.frame !== undefined)?.frame;
      if (frame === undefined) throw new Error("bokeh has no figure");
      return [frame.x_scale.compute(atX), frame.y_scale.compute(atY)];
    },
    [x, y] as const,
  );
  return [box.x + sx, box.y + sy];
}

interface FigureView {
  frame?: { x_scale: Scale; y_scale: Scale };
}
interface Scale {
  compute(value: number): number;
}
declare global {
  interface Window {
    Bokeh: { index: Iterable<FigureView> };
  }
}

test("a figure shows itself in its cell, asks no other host, and follows the theme", async ({
  lab,
}) => {
  test.setTimeout(240_000);
  await lab.execute("notebook:create-new", { kernelName: "python3" });
  await lab.notebook();
  await lab.python(
    [
      "import locuscope as lsc",
      "from locuscope import demo",
      `hostile = lsc.Variant('20', 2_577_796, 'G', 'A', '${HOSTILE}')`,
      "near = demo.variants(near_sites_bp=3)",
      "variants = [hostile, *(near[k] for k in range(0, 39, 4) if near[k].pos != hostile.pos)]",
      "scores = lsc.score_variants(lsc.load_model('cispliceai'), variants, demo.genome(), scores='splice_delta')",
      "display(scores.plot())",
    ].join("\n"),
  );
  const frame = await still(lab);
  const surface = (): Promise<string> =>
    frame.evaluate(() => getComputedStyle(document.body).backgroundColor);
  expect(await surface()).toBe("rgb(255, 255, 255)");
  await lab.execute("apputils:change-theme", { theme: "JupyterLab Dark" });
  await expect.poll(surface).toBe("rgb(20, 23, 26)");
  await lab.page
    .locator("iframe[srcdoc]")
    .first()
    .screenshot({ path: "test-results/variants_cell_dark.png" });
  await lab.execute("apputils:change-theme", { theme: "JupyterLab Light" });
  await expect.poll(surface).toBe("rgb(255, 255, 255)");
});

test("a tap on a point moves the linked browser to the variant", async ({ lab }) => {
  test.setTimeout(120_000);
  await lab.python(
    [
      "browser = lsc.TrackBrowser(variants=scores, genes=demo.genes(), interval=lsc.Interval('20', 1_000_000, 4_000_000))",
      "browser.goto('20:1,400,001-1,420,000')",
      "display(browser)",
      "figure = scores.plot(region=browser.shared_region)",
      "display(figure)",
    ].join("\n"),
  );
  await expect(tracks(lab)).toHaveAttribute("data-state", /ready|empty/, {
    timeout: 30_000,
  });
  await expect(linked(lab)).toBeVisible({ timeout: 30_000 });
  const best = await lab.python(
    [
      "import numpy as np",
      "drawn = figure.drawing.source.data",
      "k = int(np.argmax(drawn['y']))",
      "print(drawn['x'][k], drawn['y'][k], figure.variant_of(k).pos)",
    ].join("\n"),
  );
  const [x = NaN, y = NaN, pos = NaN] = best.split(" ").map(Number);
  const middle = async (): Promise<number> => {
    const [start, end] = await place(lab);
    return Math.abs((start + end) / 2 - pos);
  };
  expect(await middle()).toBeGreaterThan(1_000);
  await lab.page.mouse.click(...(await point(lab, x, y)));
  await expect.poll(middle).toBeLessThan(2);
  await linked(lab).screenshot({ path: "test-results/variants_linked.png" });
});

test("the linked figure follows the theme as well", async ({ lab }) => {
  await linked(lab).scrollIntoViewIfNeeded();
  const surface = (): Promise<string> =>
    linked(lab).evaluate((element) => getComputedStyle(element).backgroundColor);
  expect(await surface()).toBe("rgb(255, 255, 255)");
  await lab.execute("apputils:change-theme", { theme: "JupyterLab Dark" });
  await expect.poll(surface).toBe("rgb(20, 23, 26)");
  await linked(lab).screenshot({ path: "test-results/variants_linked_dark.png" });
  await lab.execute("apputils:change-theme", { theme: "JupyterLab Light" });
  await expect.poll(surface).toBe("rgb(255, 255, 255)");
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`a saved figure opens offline and reads well, ${colorScheme}`, async ({ lab, browser }) => {
    const path = await lab.python(
      [
        "from pathlib import Path",
        `saved = scores.plot().save_html('figure_${colorScheme}.html')`,
        "print(Path(saved).resolve())",
      ].join("\n"),
    );
    const context = await browser.newContext({
      colorScheme,
      offline: true,
      viewport: { width: 960, height: 440 },
    });
    const page = await context.newPage();
    const odd: string[] = [];
    page.on("request", (request) => {
      if (!/^(file|blob|data):/.test(request.url())) odd.push(request.url());
    });
    page.on("pageerror", (error) => odd.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") odd.push(message.text());
    });
    await page.goto(`file://${path}`);
    await expect(page.locator("#figure")).toHaveAttribute("data-state", "ready");
    const surface = colorScheme === "dark" ? "rgb(20, 23, 26)" : "rgb(255, 255, 255)";
    await expect(page.locator("body")).toHaveCSS("background-color", surface);
    const spot = await page.evaluate((atX) => {
      const frame = [...window.Bokeh.index].find((view) => view.frame !== undefined)?.frame;
      return [frame?.x_scale.compute(atX) ?? NaN, frame?.y_scale.compute(0.999) ?? NaN];
    }, 2_577_796);
    const box = await page.locator(".bk-Figure").boundingBox();
    const [x = NaN, y = NaN] = [(box?.x ?? 0) + (spot[0] ?? NaN), (box?.y ?? 0) + (spot[1] ?? NaN)];
    await page.mouse.move(x - 20, y + 20);
    await page.mouse.move(x, y);
    const tooltip = page.locator(".bk-Tooltip", { hasText: "20:2,577,796 G>A" });
    await expect(tooltip).toBeVisible();
    await expect(tooltip).toContainText(HOSTILE);
    for (const words of ["splice_delta", "DS_AL", "status", "ok"]) {
      await expect(tooltip).toContainText(words);
    }
    await page.screenshot({ path: `test-results/variants_${colorScheme}.png` });
    expect(await page.evaluate(() => window.__pwned)).toBeUndefined();
    await page.setViewportSize({ width: 360, height: 480 });
    await expect(page.locator("#lines h1")).toBeVisible();
    await expect(page.locator("#lines h1")).toHaveText(/\d+ alleles, 0 without a score/);
    await page.screenshot({ path: `test-results/variants_${colorScheme}_360.png` });
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.failureSummary}`)).toEqual([]);
    expect(odd).toEqual([]);
    await context.close();
  });
}

test("every kind of figure opens offline", async ({ lab, browser }) => {
  const folder = await lab.python(
    [
      "from dataclasses import replace",
      "import numpy as np",
      "p = np.full_like(scores.scores['splice_delta'], 0.02)",
      "columns = scores.own_columns['splice_delta']",
      "tested = replace(scores, scores={**scores.scores, 'p_empirical': p},",
      "                 own_columns={**scores.own_columns, 'p_empirical': columns})",
      "for kind in ('manhattan', 'volcano', 'ranks'):",
      "    tested.plot(kind, max_points=4).save_html(f'{kind}.html')",
      "print(Path().resolve())",
    ].join("\n"),
  );
  const context = await browser.newContext({ offline: true });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  for (const kind of ["manhattan", "volcano", "ranks"]) {
    await page.goto(`file://${folder}/${kind}.html`);
    await expect(page.locator("#figure")).toHaveAttribute("data-state", "ready");
    await expect(page.locator(".bk-Figure")).toBeVisible();
  }
  expect(errors).toEqual([]);
  await context.close();
});

test("nothing left for another host and the page had no error", ({ lab }) => {
  expect(lab.foreign).toEqual([]);
  expect(lab.errors).toEqual([]);
});
