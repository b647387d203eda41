/** Saved pages work from a file, without kernel and network, under their own content policy. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { expect, test, type Page } from "@playwright/test";
import { boxOf, coloursOf } from "../fixtures/gallery";

/** Six tracks on 2,000 bases: track k holds k + 1 in [300 k, 300 k + 200), 0.25 elsewhere. */
const MAKE_BROWSER = `
import torch
import locuscope as lsc
samples = ["liver", "lung", "<b>skin</b>"]
values = torch.full((1, 2000, 6), 0.25)
for k in range(6):
    values[0, 300 * k : 300 * k + 200, k] = k + 1
tracks = [
    lsc.TrackMetadata(k, "dnase", 0, f"sample {k}", {"biosample_name": samples[k % 3]})
    for k in range(6)
]
where = lsc.Interval("20", 2_570_000, 2_572_000)
browser = lsc.TrackBrowser(lsc.NamedTrackTensor(values, tracks, "dnase", 1, intervals=(where,)))
`;

/** Writes view.html and book.html; arguments: folder, source of the browser. */
const SAVE = `
import sys
from pathlib import Path
import nbformat
from locuscope.widgets.export import export_notebook
folder, source = Path(sys.argv[1]), sys.argv[2]
space = {}
exec(source, space)
space["browser"].save_html(folder / "view.html")
cell = nbformat.v4.new_code_cell(source + "browser")
nbformat.write(nbformat.v4.new_notebook(cells=[cell]), folder / "book.ipynb")
export_notebook(folder / "book.ipynb", folder / "book.html")
`;

const python =
  process.env["VIRTUAL_ENV"] === undefined
    ? "python"
    : path.join(process.env["VIRTUAL_ENV"], "bin", "python");

let folder = "";

test.beforeAll(async () => {
  test.setTimeout(120_000);
  folder = await mkdtemp(path.join(tmpdir(), "locuscope-"));
  await writeFile(path.join(folder, "save.py"), SAVE);
  await promisify(execFile)(python, [path.join(folder, "save.py"), folder, MAKE_BROWSER], {
    env: { ...process.env, OMP_NUM_THREADS: "1" },
  });
});

test.afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** What the page asked for or did wrong, while it is open. */
function watch(page: Page): { requests: string[]; problems: string[] } {
  const seen = { requests: [] as string[], problems: [] as string[] };
  page.on("request", (request) => {
    if (!request.url().startsWith("blob:")) seen.requests.push(request.url());
  });
  page.on("pageerror", (error) => seen.problems.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") seen.problems.push(message.text());
  });
  return seen;
}

for (const name of ["view", "book"]) {
  test(`${name}.html: everything works without kernel and network`, async ({ page, context }) => {
    const address = pathToFileURL(path.join(folder, `${name}.html`)).href;
    const seen = watch(page);
    await page.addInitScript(() => {
      const violations: string[] = [];
      Object.assign(window, { violations });
      document.addEventListener("securitypolicyviolation", (event) => {
        violations.push(`${event.violatedDirective}: ${event.blockedURI}`);
      });
    });
    await context.setOffline(true);
    await page.goto(address);
    await expect(page.locator("html")).toHaveAttribute("data-widgets", "ready");
    const root = page.getByTestId("lsc-track-browser");
    await expect(root).toHaveAttribute("data-state", "disconnected");
    await expect(root.getByTestId("lsc-notice")).toHaveText(
      "Saved view, no kernel. You can zoom, filter and export.",
    );
    await expect(root.getByTestId("lsc-lane")).toHaveCount(6);
    expect(await coloursOf(root.getByTestId("lsc-canvas"))).toBeGreaterThan(3);

    await root.scrollIntoViewIfNeeded();
    await root.getByTestId("lsc-zoom-in").click();
    const locus = root.getByTestId("lsc-locus");
    await expect(locus).toHaveValue("chr20:2,570,501-2,571,500");
    await locus.fill("20:2,571,001-2,571,400");
    await locus.press("Enter");
    await expect(locus).toHaveValue("chr20:2,571,001-2,571,400");

    // Track 4 holds 5 in [2,571,200, 2,571,400), the right half of the plot.
    const label = await boxOf(root.locator(".lsc-head-row").first());
    const canvas = await boxOf(root.getByTestId("lsc-canvas"));
    const left = canvas.x + label.width + 8;
    const width = canvas.x + canvas.width - 12 - left;
    const lane = await boxOf(root.locator('[data-testid="lsc-lane"][data-track="4"]'));
    const y = lane.y + lane.height / 2;
    await page.mouse.move(left + width * 0.75, y);
    const tooltip = root.getByTestId("lsc-tooltip");
    await expect(tooltip).toContainText("lung");
    await expect(tooltip.locator("dd").first()).toHaveText("5.00");
    await page.mouse.move(left + width * 0.25, y);
    await expect(tooltip.locator("dd").first()).toHaveText("0.250");

    await page.mouse.down();
    await page.mouse.move(left + width * 0.25 + 100, y, { steps: 4 });
    await page.mouse.up();
    const shift = Math.round((100 * 400) / width);
    const start = (2_571_001 - shift).toLocaleString("en");
    await expect(locus).toHaveValue(new RegExp(`^chr20:${start}-`));

    await root.locator('[data-field="biosample_name"][data-value="<b>skin</b>"]').click();
    await expect(root.getByTestId("lsc-facet-count")).toHaveText("2 of 6 tracks");
    await expect(root.getByTestId("lsc-lane")).toHaveCount(2);
    expect(await coloursOf(root.getByTestId("lsc-canvas"))).toBeGreaterThan(3);
    // The style of an exported notebook does not reach into the widget.
    await expect(root.locator(".lsc-values").first()).toHaveCSS("padding-left", "0px");
    await expect(root.locator(".lsc-values").first()).toHaveCSS("margin-bottom", "0px");
    await expect(root.locator(".lsc-field h4").first()).toHaveCSS("font-size", "13px");
    await root.screenshot({ path: `test-results/gallery/offline_${name}.png` });

    expect(seen.requests).toEqual([address]);
    expect(seen.problems).toEqual([]);
    const violations = await page.evaluate(
      () => (window as unknown as { violations: string[] }).violations,
    );
    expect(violations).toEqual([]);
  });
}

test("the policy of a saved view lets nothing else run", async ({ page, context }) => {
  await context.setOffline(true);
  await page.goto(pathToFileURL(path.join(folder, "view.html")).href);
  await expect(page.locator("html")).toHaveAttribute("data-widgets", "ready");
  const outcome = await page.evaluate(async () => {
    const script = document.createElement("script");
    script.textContent = "window.__pwned = 1";
    document.body.append(script);
    const isRefused = await fetch("https://example.org/").then(
      () => false,
      () => true,
    );
    return { pwned: window.__pwned, isRefused };
  });
  expect(outcome).toEqual({ pwned: undefined, isRefused: true });
});
