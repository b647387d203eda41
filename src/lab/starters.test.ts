import { describe, expect, it } from "vitest";
import { copyStarter, freePath, loadStarters, type Folder } from "./starters.js";

/** A contents manager over a set of paths; asking for another path answers 404 as the server does. */
function folderWith(paths: string[]): Folder & { saved: Map<string, unknown> } {
  const saved = new Map<string, unknown>();
  return {
    saved,
    get: (path: string) => {
      if (paths.includes(path)) {
        return Promise.resolve({ path } as never);
      }
      const error = Object.assign(new Error("not found"), {
        response: new Response(null, { status: 404 }),
      });
      return Promise.reject(error);
    },
    save: (path: string, options?: { content?: unknown }) => {
      saved.set(path, options?.content);
      return Promise.resolve({ path } as never);
    },
  };
}

describe("starter notebooks", () => {
  it("are made from the notebooks of the project", async () => {
    const starters = await loadStarters();
    const tour = starters.find((each) => each.name === "tour");
    expect(tour?.title.length).toBeGreaterThan(3);
    expect(JSON.stringify(tour?.notebook)).toContain("import locuscope");
    expect(JSON.stringify(tour?.notebook)).toContain('"outputs":[]');
  });

  it("never overwrite a file", async () => {
    const folder = folderWith(["a/tour.ipynb", "a/tour 1.ipynb"]);
    expect(await freePath(folder, "a", "tour")).toBe("a/tour 2.ipynb");
    expect(await freePath(folder, "", "tour")).toBe("tour.ipynb");
  });

  it("are saved as they are", async () => {
    const folder = folderWith([]);
    const starter = { name: "tour", title: "Tour", notebook: { cells: [] } };
    expect(await copyStarter(folder, "", starter)).toBe("tour.ipynb");
    expect(folder.saved.get("tour.ipynb")).toEqual({ cells: [] });
  });

  it("report a server that fails instead of taking the name for free", async () => {
    const error = Object.assign(new Error("forbidden"), {
      response: new Response(null, { status: 403 }),
    });
    const folder: Folder = { ...folderWith([]), get: () => Promise.reject(error) };
    await expect(freePath(folder, "", "tour")).rejects.toThrow("forbidden");
  });
});
