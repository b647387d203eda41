/** Boots the saved views of one HTML file: no kernel, no network, nothing but the file itself. */
import { RecordedKernel, type RecordedAnswer } from "./recorded_kernel.js";
import { SavedModel } from "./saved_model.js";

export { RecordedKernel } from "./recorded_kernel.js";
export { SavedModel } from "./saved_model.js";

const VIEW_TYPE = "application/vnd.locuscope.view.v1+json";
const STUB = "This output was saved without its data. Run the notebook to see it.";
const POLL_MS = 40;
const MOST_POLLS = 400;

interface SavedView {
  readonly kind: string;
  readonly traits: Readonly<Record<string, unknown>>;
  readonly answers: readonly RecordedAnswer[];
}

interface Widget {
  render(context: { model: SavedModel; el: HTMLElement }): unknown;
}

/** The view of a script element; null for a stub without data. */
export function readView(text: string): SavedView | null {
  const view = JSON.parse(text) as Record<string, unknown>;
  if (view["format"] !== "locuscope.view" || view["version"] !== 1) return null;
  const { kind, traits, answers } = view;
  if (typeof kind !== "string" || typeof traits !== "object" || !Array.isArray(answers))
    return null;
  return { kind, traits: traits as SavedView["traits"], answers: answers as RecordedAnswer[] };
}

/** Widget programs are imported once each, from the text that the file carries. */
async function loadWidget(kind: string): Promise<Widget | null> {
  const scripts = [...document.querySelectorAll<HTMLScriptElement>("script[data-lsc-esm]")];
  const script = scripts.find((candidate) => candidate.dataset["lscEsm"] === kind);
  if (script === undefined) return null;
  const address = URL.createObjectURL(new Blob([script.textContent], { type: "text/javascript" }));
  try {
    return ((await import(/* @vite-ignore */ address)) as { default: Widget }).default;
  } finally {
    URL.revokeObjectURL(address);
  }
}

/** Mount every view of the page; resolves when all of them have painted. */
export async function boot(): Promise<void> {
  const widgets = new Map<string, Promise<Widget | null>>();
  const mounts = [...document.querySelectorAll<HTMLElement>("[data-lsc-mount]")];
  const shown: HTMLElement[] = [];
  for (const script of document.querySelectorAll<HTMLScriptElement>("script[data-lsc-view]")) {
    if (script.type !== VIEW_TYPE) continue;
    const el = mounts.find((mount) => mount.dataset["lscMount"] === script.dataset["lscView"]);
    if (el === undefined) continue;
    const view = readView(script.textContent);
    const { kind } = view ?? { kind: "" };
    const loading = widgets.get(kind) ?? loadWidget(kind);
    widgets.set(kind, loading);
    const widget = await loading;
    if (view === null || widget === null) {
      el.textContent = STUB;
      continue;
    }
    leaveNotebookStyle(el);
    widget.render({ model: new SavedModel(view.traits, new RecordedKernel(view.answers)), el });
    shown.push(el);
  }
  await allPainted(shown);
  document.documentElement.dataset["widgets"] = "ready";
}

/** Exported notebooks style the lists, headings and code of their outputs; a widget brings its own. */
function leaveNotebookStyle(el: HTMLElement): void {
  el.closest(".jp-RenderedHTMLCommon")?.classList.remove("jp-RenderedHTMLCommon");
}

/** Until no view says "loading" any more, and one frame longer. */
async function allPainted(elements: readonly HTMLElement[]): Promise<void> {
  for (let poll = 0; poll < MOST_POLLS; poll += 1) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    if (elements.every((el) => el.querySelector('[data-state="loading"]') === null)) break;
  }
  await new Promise((resolve) => setTimeout(resolve, POLL_MS));
}
