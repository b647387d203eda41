/** Text that a person takes along: the view or the tracks as Python, or a report of a failure. */
import { facetTableOf } from "../core/facets.js";
import { words } from "../ui/messages.js";
import type { ViewState } from "../ui/view_state.js";
import { pythonOfView } from "./track_browser_python.js";
import { pythonOfTracks } from "./tracks_python.js";

/** `about` names the program and the host. */
export function textOf(
  what: "view" | "tracks" | "report",
  state: ViewState,
  about: string,
): string {
  if (what === "view") return pythonOfView(state);
  if (what === "tracks") {
    const { catalog, filters, query } = state;
    return catalog === null ? "out" : pythonOfTracks("out", filters, query, facetTableOf(catalog));
  }
  const failure = state.failure ?? state.laneFailure;
  return [about, failure?.sentence, failure?.details].filter(Boolean).join("\n");
}

/** Put text on the clipboard; answers with what to tell the person. */
export async function copyText(text: string): Promise<string> {
  try {
    await navigator.clipboard.writeText(text);
    return words.copied;
  } catch {
    return words.copyFailed;
  }
}
