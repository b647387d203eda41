/** The facet panel bound to a browser, in its states, widths and themes, and with many tracks. */
import { expect, test } from "../fixtures/gallery";
import { expectCounts, expectNoViolations, matching, panelValue } from "../fixtures/panel";

test.use({ viewport: { width: 1360, height: 900 } });

test("bound to a browser: both show the same choice, without a loop", async ({ gallery, page }) => {
  await page.goto("/?state=bound");
  await expect(gallery.panel).toHaveAttribute("data-state", "ready");
  await expect(gallery.root).toHaveAttribute("data-state", "ready");
  await gallery.panel.locator('[data-field=assay_title][data-value="ATAC-seq"]').click();
  await expect(gallery.root.getByTestId("lsc-facet-count")).toHaveText("6 of 83 tracks");
  await expect(gallery.root.getByTestId("lsc-lane")).toHaveCount(6);
  await gallery.root.getByTestId("lsc-facet-search").fill("mono");
  await expect(gallery.panel.getByTestId("lsc-facet-search")).toHaveValue("mono");
  await expect(gallery.panel.getByTestId("lsc-facet-count")).toHaveText("1 of 83 tracks");
  const states = () =>
    page.evaluate(() =>
      Object.values(window.lscModels).map(({ traits, saved }) => ({
        filters: traits["filters"],
        query: traits["query"],
        n: saved.length,
      })),
    );
  await page.waitForTimeout(300);
  const settled = await states();
  for (const { filters, query, n } of settled) {
    expect({ filters, query }).toEqual({
      filters: { assay_title: { in: ["ATAC-seq"] } },
      query: "mono",
    });
    expect(n).toBeLessThan(6);
  }
  await page.waitForTimeout(300);
  expect(await states()).toEqual(settled);
  await gallery.panel.getByTestId("lsc-show").click();
  await expect(gallery.root).toBeFocused();
});

test("hostile text is text", async ({ gallery, page }) => {
  await gallery.openPanel("panel_hostile");
  const { panel } = gallery;
  await expect(panel).toContainText("<img src=x");
  await panel.getByTestId("lsc-facet-value").first().click();
  await panel.getByTestId("lsc-copy-python").click();
  await panel.getByTestId("lsc-facet-search").fill("<img src=x onerror=window.__pwned=1>:1");
  await expect(panel.getByTestId("lsc-chip").first()).toBeVisible();
  expect(await panel.locator("img, script, iframe, a").count()).toBe(0);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(1360);
  expect(await page.evaluate(() => window.__pwned)).toBeUndefined();
});

test("loading, empty, nothing left, failed and lost are said in words", async ({ gallery }) => {
  const card = gallery.panel.getByTestId("lsc-card");
  await gallery.openPanel("panel_loading");
  await expect(card).toHaveText("Loading");
  await gallery.openPanel("panel_empty");
  await expect(card).toContainText("This panel holds no tracks.");
  await gallery.openPanel("panel_unmatched");
  await expect(card).toContainText("No tracks match Assay ATAC-seq and \u201cCTCF\u201d.");
  await card.getByRole("button", { name: "Clear all filters" }).click();
  await expectCounts(gallery, {});
  await gallery.openPanel("panel_error");
  await expect(card).toContainText(
    "The kernel does not know this prediction any more. Run the cell again.",
  );
  await expect(card.getByRole("button", { name: "Try again" })).toBeVisible();
  await gallery.openPanel("panel_restarted");
  await expect(gallery.panel.getByTestId("lsc-notice")).toContainText("Kernel restarted");
  await panelValue(gallery, "assay_title", "ATAC-seq").click();
  await expect(gallery.panel.getByTestId("lsc-facet-count")).toHaveText(
    `${matching({ assay_title: { in: ["ATAC-seq"] } })} of 5,563 tracks`,
  );
});

for (const state of ["panel", "panel_problem", "panel_empty", "panel_error", "panel_loading"]) {
  test(`no violation that axe-core finds: ${state}, light and dark`, async ({ gallery }) => {
    await gallery.openPanel(state);
    if (state === "panel") await gallery.panel.getByTestId("lsc-copy-python").click();
    for (const theme of ["light", "dark"] as const) {
      await gallery.setTheme(theme);
      await expectNoViolations(gallery);
    }
    if (state === "panel") {
      await gallery.panel.getByTestId("lsc-presets").click();
      await expectNoViolations(gallery);
    }
  });
}

for (const [width, columns] of [
  [360, 1],
  [640, 2],
  [960, 3],
  [1600, 4],
] as const) {
  test(`${width} px: ${columns} columns, nothing cut or beside the widget`, async ({
    gallery,
    page,
  }) => {
    await page.setViewportSize({ width: width + 32, height: 900 });
    await gallery.openPanel("panel", { width });
    await expect(gallery.panel.getByTestId("lsc-columns")).toHaveAttribute(
      "data-columns",
      String(columns),
    );
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
      width + 32,
    );
    const outside = await gallery.panel.evaluate((root) => {
      const { left, right } = root.getBoundingClientRect();
      return [...root.querySelectorAll("button, input, li, section, svg, pre")]
        .filter((element) => {
          const box = element.getBoundingClientRect();
          return box.width > 0 && (box.left < left || box.right > right + 0.5);
        })
        .map((element) => `${element.tagName} ${(element.textContent ?? "").slice(0, 60)}`);
    });
    expect(outside).toEqual([]);
    const low = await gallery.panel.evaluate((root) =>
      [...root.querySelectorAll("button, [role=slider], li")]
        .filter((element) => {
          const { width: w, height: h } = element.getBoundingClientRect();
          return w > 0 && (w < 24 || h < 22);
        })
        .map((element) => `${element.tagName} ${(element.textContent ?? "").slice(0, 60)}`),
    );
    expect(low).toEqual([]);
  });
}

test("7,000 tracks: a click is worked off within a frame, long lists scroll", async ({
  gallery,
  page,
}) => {
  await gallery.openPanel("panel_large");
  const times = await page.evaluate(async () => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const root = document.querySelector<HTMLElement>("[data-testid=lsc-facet-panel]");
    const found: number[] = [];
    for (let i = 0; i < 40; i += 1) {
      const rows = root?.querySelectorAll<HTMLElement>("[data-testid=lsc-facet-value]") ?? [];
      const row = rows[(i * 7) % rows.length];
      await frame();
      const start = performance.now();
      row?.click();
      // Counts and elements are renewed in microtasks; reading a box forces style and layout.
      for (let turn = 0; turn < 8; turn += 1) await Promise.resolve();
      root?.getBoundingClientRect();
      found.push(performance.now() - start);
    }
    return found.slice(5).sort((a, b) => a - b);
  });
  const median = times[Math.floor(times.length / 2)] ?? Infinity;
  const p95 = times[Math.floor(times.length * 0.95)] ?? Infinity;
  test.info().annotations.push({ type: "click ms", description: `${median} median, ${p95} p95` });
  console.log(`click on 7,000 tracks: median ${median.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms`);
  // Three times the budget of one frame: machines that run tests are slow and shared.
  expect(median).toBeLessThan(48);
});
