/// <reference types="vite/client" />
import { describe, expect, it } from "vitest";
import architecture from "../docs/architecture.md?raw";

const files = import.meta.glob<string>(["./**/*.ts", "./**/*.tsx"], {
  query: "?raw",
  import: "default",
  eager: true,
});

/** Tests and what only tests use (`testing/`) stand beside the rows. */
const sources = Object.fromEntries(
  Object.entries(files).filter(([path]) => !/\.test\.tsx?$|\/testing\//.test(path)),
);

/** Room -> row, as docs/architecture.md draws them. */
function readRows(text: string): Map<string, number> {
  const block = /```rows-ts\n([\s\S]*?)```/.exec(text)?.[1] ?? "";
  const rows = new Map<string, number>();
  for (const line of block.trim().split("\n")) {
    const [row = "", ...rooms] = line.trim().split(/\s+/);
    for (const room of rooms) rows.set(room.replace(/\/$/, ""), Number(row));
  }
  return rows;
}

interface Import {
  /** Path inside src, without an extension. */
  readonly target: string;
  /** Erased by the compiler; it may close a circle of files, but never point upwards. */
  readonly isType: boolean;
}

/** What one file imports from src, style sheets left out. */
function importsOf(path: string, text: string): Import[] {
  const withoutComments = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  const statement = /(?:^|[\s;])(?:import|export)\s+(type\s+)?(?:[^"';]*?\sfrom\s+)?"(\.[^"]+)"/g;
  const late = /import\(\s*"(\.[^"]+)"/g;
  return [
    ...Array.from(withoutComments.matchAll(statement), ([, type, target = ""]) => ({
      target: resolved(path, target),
      isType: type !== undefined,
    })),
    ...Array.from(withoutComments.matchAll(late), ([, target = ""]) => ({
      target: resolved(path, target),
      isType: false,
    })),
  ].filter(({ target }) => !target.endsWith(".css"));
}

function resolved(from: string, target: string): string {
  const parts = from.split("/").slice(0, -1);
  for (const step of target.split("/")) {
    if (step === "..") parts.pop();
    else if (step !== ".") parts.push(step);
  }
  return parts.join("/").replace(/\.(js|tsx?)$/, "");
}

function withoutExtension(path: string): string {
  return path.replace(/^\.\//, "").replace(/\.tsx?$/, "");
}

const rows = readRows(architecture);
const graph = new Map(
  Object.entries(sources).map(([path, text]) => {
    const file = withoutExtension(path);
    return [file, importsOf(file, text)] as const;
  }),
);

function roomOf(file: string): string {
  return file.split("/")[0] ?? "";
}

/** Imports of a higher row, or of another room of the same row. */
function upwardImports(
  files: ReadonlyMap<string, readonly Import[]>,
  order: ReadonlyMap<string, number>,
): string[] {
  const wrong: string[] = [];
  for (const [file, targets] of files) {
    for (const { target } of targets) {
      const [from, to] = [roomOf(file), roomOf(target)];
      const isFine = from === to || (order.get(to) ?? Infinity) < (order.get(from) ?? -1);
      if (!isFine) wrong.push(`${file} -> ${target}`);
    }
  }
  return wrong;
}

/** The first circle of imports, as the list of its files; empty when there is none. */
function firstCycle(files: ReadonlyMap<string, readonly Import[]>): string[] {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): string[] => {
    if (done.has(file)) return [];
    const seenAt = path.indexOf(file);
    if (seenAt >= 0) return [...path.slice(seenAt), file];
    path.push(file);
    for (const { target, isType } of files.get(file) ?? []) {
      const cycle = isType ? [] : visit(target);
      if (cycle.length > 0) return cycle;
    }
    path.pop();
    done.add(file);
    return [];
  };
  for (const file of files.keys()) {
    const cycle = visit(file);
    if (cycle.length > 0) return cycle;
  }
  return [];
}

describe("the rows of docs/architecture.md", () => {
  it("name every room of src, in order", () => {
    expect(rows.get("core")).toBe(0);
    expect(rows.get("marks")).toBe(1);
    for (const file of graph.keys()) {
      if (file.includes("/")) expect(rows.has(roomOf(file)), file).toBe(true);
    }
  });

  it("are kept: no file imports from its own row's neighbour or from above", () => {
    expect(upwardImports(graph, rows)).toEqual([]);
  });

  it("hold no circle of files", () => {
    expect(firstCycle(graph)).toEqual([]);
  });

  it("hold only imports of files that exist and are not for tests", () => {
    const missing = [...graph].flatMap(([file, targets]) =>
      targets
        .filter(({ target }) => !graph.has(target))
        .map(({ target }) => `${file} -> ${target}`),
    );
    expect(missing).toEqual([]);
  });
});

describe("files", () => {
  const written = Object.keys(files).filter((path) => !path.includes(".generated."));

  it.each(written)("%s has at most 400 lines and no any", (path) => {
    const text = files[path] ?? "";
    expect(text.split("\n").length).toBeLessThanOrEqual(401);
    expect(text).not.toMatch(/[:<,|(]\s*any\b(?!\w*["'])|\bas any\b/);
  });
});

describe("the rules themselves", () => {
  it("see every way to import", () => {
    const text = [
      'import { a } from "./a.js";',
      'import type { B } from "../core/b.js";',
      "import {",
      "  c,",
      '} from "../c.js";',
      'export { d } from "./d.js";',
      'import "./e.js";',
      'const f = await import("./f.js");',
      '// import { g } from "./g.js";',
      'import { h } from "preact";',
      'import "../../style/x.css";',
    ].join("\n");
    const found = importsOf("ui/x", text);
    expect(found.map(({ target }) => target)).toEqual([
      "ui/a",
      "core/b",
      "c",
      "ui/d",
      "ui/e",
      "ui/f",
    ]);
    expect(found.filter(({ isType }) => isType)).toEqual([{ target: "core/b", isType: true }]);
  });

  it("find upward imports and circles", () => {
    const order = readRows("```rows-ts\n0 core/\n1 marks/ other/\n```");
    const to = (...targets: string[]) => targets.map((target) => ({ target, isType: false }));
    const files = new Map([
      ["core/a", to("marks/b")],
      ["marks/b", to("core/a", "other/c")],
      ["other/c", to("core/a")],
    ]);
    expect(upwardImports(files, order)).toEqual(["core/a -> marks/b", "marks/b -> other/c"]);
    expect(firstCycle(files)).toEqual(["core/a", "marks/b", "core/a"]);
    files.set("core/a", [{ target: "marks/b", isType: true }]);
    expect(firstCycle(files)).toEqual([]);
    expect(upwardImports(files, order)).toContain("core/a -> marks/b");
  });
});
