/** No violation that axe-core can find, in any theme, with panels open and without tracks. */
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

for (const theme of ["light", "dark"] as const) {
  test(`the full state, ${theme}`, async ({ gallery, page }) => {
    await gallery.open("full", { theme });
    await expectNoViolations(gallery);
    await gallery.value("assay_title", "ATAC-seq").click();
    await gallery.value("strand", "-").click({ modifiers: ["Alt"] });
    await gallery.root.focus();
    await page.keyboard.press("?");
    await expect(gallery.root.getByRole("dialog")).toBeVisible();
    await expectNoViolations(gallery);
  });

  test(`the empty state, ${theme}`, async ({ gallery }) => {
    await gallery.open("empty", { theme });
    await expectNoViolations(gallery);
  });
}

test("menus, suggestions and the drawer of a narrow widget", async ({ gallery, page }) => {
  await page.setViewportSize({ width: 392, height: 800 });
  await gallery.open("full", { width: 360 });
  await gallery.root.getByTestId("lsc-facets-toggle").click();
  await expectNoViolations(gallery);
  await gallery.root.getByRole("button", { name: "More controls" }).click();
  await expectNoViolations(gallery);
  await page.keyboard.press("Escape");
  await gallery.root.getByTestId("lsc-locus").fill("rs5");
  await expect(gallery.root.getByRole("option", { name: /rs572140578/ })).toBeVisible();
  await expectNoViolations(gallery);
});

test("the error state and a kernel that is gone", async ({ gallery }) => {
  for (const state of ["error", "restarted", "unmatched"]) {
    await gallery.open(state);
    await expectNoViolations(gallery);
  }
});
