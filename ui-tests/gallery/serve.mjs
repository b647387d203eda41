/** Serve the gallery on this machine: node ui-tests/gallery/serve.mjs [--port N] [--build FOLDER]. */
import { copyFile, mkdir, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";
import { fileURLToPath } from "node:url";
import esbuild from "esbuild";

const here = path.dirname(fileURLToPath(import.meta.url));
const bundles = path.join(here, "../../python_pkg/locuscope/static");
const kinds = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };

/** The gallery's own script, bundled in memory. */
async function galleryScript() {
  const built = await esbuild.build({
    entryPoints: [path.join(here, "gallery.ts")],
    bundle: true,
    format: "esm",
    target: "es2022",
    write: false,
    external: ["/static/*"],
  });
  return built.outputFiles[0].contents;
}

/** Content of one address; only these files exist here. */
async function contentOf(name) {
  if (name === "/" || name === "/index.html") return readFile(path.join(here, "index.html"));
  if (name === "/gallery.css") return readFile(path.join(here, "gallery.css"));
  if (name === "/gallery.js") return galleryScript();
  const bundle = /^\/static\/([a-z_]+\.(?:js|css))$/.exec(name);
  return bundle === null ? null : readFile(path.join(bundles, bundle[1]));
}

function option(name, otherwise) {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : process.argv[at + 1];
}

async function build(folder) {
  await mkdir(path.join(folder, "static"), { recursive: true });
  for (const name of ["index.html", "gallery.css"]) {
    await copyFile(path.join(here, name), path.join(folder, name));
  }
  for (const name of ["track_browser", "facet_panel"].flatMap((w) => [`${w}.js`, `${w}.css`])) {
    await copyFile(path.join(bundles, name), path.join(folder, "static", name));
  }
  await esbuild.build({
    entryPoints: [path.join(here, "gallery.ts")],
    bundle: true,
    format: "esm",
    target: "es2022",
    outfile: path.join(folder, "gallery.js"),
    external: ["/static/*"],
  });
}

const folder = option("build", null);
if (folder !== null) await build(folder);
else {
  const port = Number(option("port", "8765"));
  createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    try {
      const content = await contentOf(pathname);
      if (content === null) response.writeHead(404).end();
      else {
        const ending = pathname === "/" ? ".html" : path.extname(pathname);
        response.writeHead(200, { "content-type": kinds[ending] ?? "text/plain" }).end(content);
      }
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  }).listen(port, "127.0.0.1", () => console.log(`http://127.0.0.1:${port}/?state=all`));
}
