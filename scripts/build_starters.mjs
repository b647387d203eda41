/** Turn notebooks/*.ipynb into one module for the JupyterLab extension, so that there is one source. */
import { readFile, readdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import path from "node:path";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const folder = path.join(root, "notebooks");
const target = path.join(root, "src", "lab", "starters.generated.ts");

/** First markdown heading of a notebook, else its file name. */
function title(notebook, name) {
  const heading = notebook.cells
    .filter((cell) => cell.cell_type === "markdown")
    .flatMap((cell) => [cell.source].flat().join("").split("\n"))
    .find((line) => line.startsWith("# "));
  return heading === undefined ? name : heading.slice(2).trim();
}

const starters = [];
for (const file of (await readdir(folder)).filter((name) => name.endsWith(".ipynb")).sort()) {
  const notebook = JSON.parse(await readFile(path.join(folder, file), "utf8"));
  const name = file.replace(/^\d+_/, "").replace(/\.ipynb$/, "");
  starters.push({ name, title: title(notebook, name), notebook });
}
const text = [
  "/** Made by scripts/build_starters.mjs from notebooks/; never edited. */",
  'import type { Starter } from "./starters.js";',
  "",
  `export const starters: readonly Starter[] = ${JSON.stringify(starters, null, 1)};`,
  "",
].join("\n");
const before = await readFile(target, "utf8").catch(() => "");
if (before !== text) {
  await writeFile(target, text);
}
