/** The bases of the reference in one view: what to ask the kernel for, and what lies where. */
import { formatPosition, widthOf } from "../core/coords.js";
import { baseAt, basesToAsk, joinBases, type KnownBases, type Span } from "../core/known_bases.js";
import { WireError } from "../core/wire.js";
import { sequenceLook, type SequenceLook } from "../marks/sequence.js";
import { SEQUENCE_HEIGHT } from "../ui/lane_layout.js";
import { words } from "../ui/messages.js";
import type { Store } from "../ui/store.js";
import { plotWidthOf, type Tooltip, type ViewState } from "../ui/view_state.js";

/** How bases can be shown at the zoom of this view. */
export function basesLook(state: ViewState): SequenceLook {
  return sequenceLook({ region: state.region, width: plotWidthOf(state) });
}

/** The known bases, when the view draws them. */
export function drawnBases(state: ViewState): KnownBases | null {
  return state.expectsSequence && basesLook(state) !== "none" ? state.bases : null;
}

/** Fetches bases one request at a time; what does not come stays blank and raises no alarm. */
export class BaseLoader {
  private isAsking = false;
  private generation = 0;

  constructor(
    private readonly store: Store<ViewState>,
    private readonly ask: (place: Span) => Promise<KnownBases>,
  ) {}

  /** Ask for whatever the view lacks; safe to call on every change. */
  refresh(): void {
    const place = this.wanted();
    if (this.isAsking || place === null) return;
    this.isAsking = true;
    void this.load(place, this.store.get().region).then(() => {
      this.isAsking = false;
      const next = this.wanted();
      if (next !== null && (next.start !== place.start || next.end !== place.end)) this.refresh();
    });
  }

  /** The data changed. */
  forget(): void {
    this.generation += 1;
    this.store.patch({ bases: null });
  }

  private wanted(): Span | null {
    const state = this.store.get();
    if (!state.expectsSequence || basesLook(state) === "none") return null;
    return basesToAsk(state.bases, state.region, state.bounds);
  }

  /** A genome may end inside the margin: the view alone is the second try. */
  private async load(wide: Span, { start, end }: Span): Promise<void> {
    const { generation } = this;
    for (const place of [wide, { start, end }]) {
      try {
        const found = await this.ask(place);
        if (generation !== this.generation) return;
        this.store.patch({ bases: joinBases(this.store.get().bases, found) });
        return;
      } catch (error) {
        // The blank part is hatched; the status line tells of a kernel that does not answer.
        if (!(error instanceof WireError) || error.code !== "out_of_bounds") return;
      }
    }
  }
}

/** What the row of bases says under the pointer; null beside it and where no base is drawn. */
export function baseTip(
  state: ViewState,
  x: number,
  y: number,
): Pick<Tooltip, "title" | "rows"> | null {
  const { layout, region, bounds } = state;
  const { sequenceTop: top } = layout.head;
  if (top === null || y < top || y >= top + SEQUENCE_HEIGHT || x < layout.gutter) return null;
  if (basesLook(state) === "none") return null;
  const share = (x - layout.gutter) / plotWidthOf(state);
  const position = region.start + Math.floor(share * widthOf(region));
  if (position >= region.end) return null;
  const base = baseAt(state.bases, position);
  const value = base === null ? words.noData : base === "N" ? words.unknownBase : base;
  return { title: formatPosition(bounds.chrom, position), rows: [{ name: words.base, value }] };
}
