/** The line below the columns: what the matching tracks are, and what the rows of the panel describe. */
import type { VNode } from "preact";
import type { Catalog } from "../core/answers.js";
import { cleanText } from "../core/display_text.js";
import { formatCount } from "../core/numbers.js";
import { panelTexts } from "./messages.js";
import type { PanelState } from "./panel_state.js";
import { kernelText } from "./status_line.js";
import type { Store } from "./store.js";
import { columnOf, valueLabel } from "./track_names.js";
import { useSlice } from "./use_slice.js";

const MOST_PARTS = 4;
const NARROW_PX = 560;

/** `336 ChIP, histones`, `92 DNase`: the outputs of some tracks, the most frequent first. */
export function outputParts(catalog: Catalog, rows: ArrayLike<number>, most: number): string[] {
  const column = columnOf(catalog, "output_name");
  if (column === null) return [];
  const counts = new Uint32Array(column.values.length + 1);
  for (let i = 0; i < rows.length; i += 1) {
    const code = column.codes[rows[i] as number] as number;
    counts[code] = (counts[code] as number) + 1;
  }
  const found = [...counts.keys()]
    .filter((code) => code > 0 && (counts[code] as number) > 0)
    .sort((a, b) => (counts[b] as number) - (counts[a] as number));
  const named = found.slice(0, found.length === most + 1 ? most + 1 : most);
  const rest = found.slice(named.length).reduce((sum, code) => sum + (counts[code] as number), 0);
  return [
    ...named.map((code) => {
      const name = cleanText(valueLabel("output_name", column.values[code - 1] ?? ""));
      return `${formatCount(counts[code] as number)} ${name}`;
    }),
    ...(rest > 0 ? [panelTexts.others(rest)] : []),
  ];
}

export function PanelStatus({ store }: { store: Store<PanelState> }): VNode {
  const { catalog, facets, about, kernel, isNarrow } = useSlice(store, (state) => ({
    catalog: state.catalog,
    facets: state.facets,
    about: state.about,
    kernel: state.kernel,
    isNarrow: state.widthPx > 0 && state.widthPx < NARROW_PX,
  }));
  const parts =
    catalog === null || facets === null
      ? []
      : outputParts(catalog, facets.rows, isNarrow ? 2 : MOST_PARTS);
  const text = facets === null ? "" : panelTexts.parts(facets.nMatching, about.noun, parts);
  const note = [about.title, about.note].filter(Boolean).map((line) => cleanText(line));
  return (
    <div class="lsc-status">
      <span title={text} data-testid="lsc-outputs">
        {text}
      </span>
      <span class="lsc-grow" />
      {!isNarrow && note.length > 0 && <span title={note.join(". ")}>{note.join(" \u00b7 ")}</span>}
      <span class="lsc-kernel" data-testid="lsc-kernel" data-kernel={kernel}>
        {kernel === "idle" || kernel === "working" ? "" : kernelText(kernel, 0)}
      </span>
    </div>
  );
}
