/** One blank page in a local Chromium with a bundle of our sources: where the ui_*.mjs scripts run. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import esbuild from "esbuild";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

const FLAGS = [
  "--no-sandbox",
  "--disable-dev-shm-usage",
  "--disable-gpu",
  "--hide-scrollbars",
  "--force-device-scale-factor=1",
  "--host-resolver-rules=MAP * ~NOTFOUND",
];

const BROWSERS = [
  process.env.LOCUSCOPE_BROWSER,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
];

/** Bundle `source` (paths relative to the repository) and load it into a page of 1280 x 900. */
export async function openPage(source) {
  const bundle = await esbuild.build({
    stdin: { contents: source, resolveDir: root, loader: "ts" },
    bundle: true,
    format: "iife",
    target: "es2022",
    minify: true,
    write: false,
  });
  const require = createRequire(path.join(root, "ui-tests", "package.json"));
  const { chromium } = require("playwright-core");
  const executablePath = BROWSERS.find((file) => file !== undefined && existsSync(file));
  const browser = await chromium.launch({
    args: FLAGS,
    ...(executablePath === undefined ? {} : { executablePath }),
  });
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await page.setContent("<!doctype html><body></body>");
  await page.addScriptTag({ content: bundle.outputFiles[0].text });
  return {
    version: browser.version(),
    run: (fn, argument) => page.evaluate(fn, argument),
    close: () => browser.close(),
  };
}
