/** No violation that axe-core can find: themes, states, panels, and a narrow widget. */
import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Gallery } from "../fixtures/gallery";

async function expectNoViolations(gallery: Gallery): Promise<void> {
  const { violations, passes } = await new AxeBuilder({ page: gallery.page })
    .include("[data-testid=lsc-track-browser]")
    .analyze();
  const found = violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} at ${String(target)}: ${failureSummary}`),
  );
  expect(passes.length).toBeGreaterThan(10);
  expect(found).toEqual([]);
}

for (const state of ["full", "empty"]) {
  test(`the ${state} state, light and dark`, async ({ gallery }) => {
    await gallery.open(state);
    for (const theme of ["light", "dark"] as const) {
      await gallery.setTheme(theme);
      await expectNoViolations(gallery);
    }
  });
}

test("filters in force, a pinned tooltip and the help", async ({ gallery, page }) => {
  await gallery.open("full");
  await gallery.value("assay_title", "DNase-seq").click();
  await gallery.value("strand", "-").click({ modifiers: ["Alt"] });
  const { left, width } = await gallery.plot();
  await page.mouse.click(left + width / 2, await gallery.laneY(4));
  await expect(gallery.tooltip).toHaveAttribute("data-pinned", "");
  await gallery.root.focus();
  await page.keyboard.press("?");
  await expect(gallery.root.getByRole("dialog")).toBeVisible();
  await expectNoViolations(gallery);
});

test("the drawer, a menu and suggestions of a narrow widget", async ({ gallery, page }) => {
  await page.setViewportSize({ width: 392, height: 800 });
  await gallery.open("full", { width: 360 });
  await gallery.root.getByTestId("lsc-facets-toggle").click();
  await gallery.root.getByRole("button", { name: "More controls" }).click();
  await expect(gallery.root.getByRole("menu")).toBeVisible();
  await expectNoViolations(gallery);
  await page.keyboard.press("Escape");
  await gallery.root.getByTestId("lsc-locus").fill("rs5");
  await expect(gallery.root.getByRole("option", { name: /rs572140578/ })).toBeVisible();
  await expectNoViolations(gallery);
});

test("nothing found, nothing loaded, kernel gone", async ({ gallery }) => {
  for (const state of ["unmatched", "error", "restarted"]) {
    await gallery.open(state);
    await expectNoViolations(gallery);
  }
});
