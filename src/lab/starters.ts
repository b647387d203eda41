/** Starter notebooks: what one is, and how a copy comes into the folder a person looks at. */
import type { Contents } from "@jupyterlab/services";
import type { PartialJSONValue } from "@lumino/coreutils";

export interface Starter {
  readonly name: string;
  readonly title: string;
  readonly notebook: PartialJSONValue;
}

/** What a starter needs of the contents manager. */
export type Folder = Pick<Contents.IManager, "get" | "save">;

/** The starters, loaded on first use so that activation stays small. */
export async function loadStarters(): Promise<readonly Starter[]> {
  return (await import("./starters.generated.js")).starters;
}

/** A path in `cwd` that no file has yet: `tour.ipynb`, `tour 1.ipynb`, ... */
export async function freePath(folder: Folder, cwd: string, name: string): Promise<string> {
  for (let copy = 0; copy < 1000; copy += 1) {
    const file = copy === 0 ? `${name}.ipynb` : `${name} ${copy}.ipynb`;
    const path = cwd === "" ? file : `${cwd}/${file}`;
    if (!(await exists(folder, path))) {
      return path;
    }
  }
  throw new Error(`There are 1,000 notebooks called ${name} in this folder already.`);
}

/** Write a copy of a starter into `cwd` under a free name and return its path. */
export async function copyStarter(folder: Folder, cwd: string, starter: Starter): Promise<string> {
  const path = await freePath(folder, cwd, starter.name);
  await folder.save(path, { type: "notebook", format: "json", content: starter.notebook });
  return path;
}

async function exists(folder: Folder, path: string): Promise<boolean> {
  try {
    await folder.get(path, { content: false });
    return true;
  } catch (error) {
    if (statusOf(error) === 404) {
      return false;
    }
    throw error;
  }
}

function statusOf(error: unknown): number | undefined {
  if (typeof error === "object" && error !== null && "response" in error) {
    const { response } = error;
    return response instanceof Response ? response.status : undefined;
  }
  return undefined;
}
