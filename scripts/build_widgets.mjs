/**
 * Bundle the page side into python_pkg/locuscope/static: one ESM file per widget, standalone, CSS.
 *
 * Every widget in a notebook carries its program over the kernel channel and, when the widget state
 * is saved, in the notebook file. A widget's program is therefore packed: the written module holds
 * the minified code as gzip and unpacks it when it is imported. `--watch` writes it unpacked.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import path from "node:path";
import esbuild from "esbuild";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const outdir = path.join(root, "python_pkg", "locuscope", "static");

/** Bytes of the written file; whatever outgrows its limit fails the build. */
const limits = {
  "track_browser.js": 90_000,
  "facet_panel.js": 50_000,
  "standalone.js": 20_000,
  "track_browser.css": 12_000,
  "facet_panel.css": 12_000,
};
const packed = new Set(["track_browser.js", "facet_panel.js"]);

const options = {
  entryPoints: [
    path.join(root, "src/widgets/track_browser.ts"),
    path.join(root, "src/widgets/facet_panel.ts"),
    path.join(root, "src/standalone/standalone.ts"),
  ],
  outdir,
  entryNames: "[name]",
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "none",
  charset: "utf8",
  logLevel: "info",
};

/** A module that unpacks another one and passes its default export on. */
function unpacker(name, code) {
  const base64 = gzipSync(code, { level: 9 }).toString("base64");
  return [
    `// ${name} of locuscope, minified and packed by scripts/build_widgets.mjs from src/widgets/.`,
    `const bytes = Uint8Array.from(atob("${base64}"), (c) => c.charCodeAt(0));`,
    'const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));',
    'const type = { type: "text/javascript" };',
    "const url = URL.createObjectURL(new Blob([await new Response(stream).text()], type));",
    "const widget = (await import(url)).default;",
    "URL.revokeObjectURL(url);",
    "export default widget;",
    "",
  ].join("\n");
}

/** Write one bundle, print its sizes and fail where it outgrew its limit. */
async function write({ path: file, contents }) {
  const name = path.basename(file);
  const text = packed.has(name) ? unpacker(name, contents) : contents;
  await writeFile(file, text);
  console.log(`${name}: ${contents.length} bytes of code, ${text.length} bytes written`);
  if (text.length > (limits[name] ?? Infinity)) {
    console.error(`${name} has ${text.length} bytes, allowed are ${limits[name]}.`);
    process.exitCode = 1;
  }
}

await mkdir(outdir, { recursive: true });
if (process.argv.includes("--watch")) {
  const context = await esbuild.context(options);
  await context.watch();
} else {
  const built = await esbuild.build({ ...options, write: false });
  for (const output of built.outputFiles) {
    await write(output);
  }
}
