/** One field of a facet panel: heading, then its values, its strands or its range of numbers. */
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { foldText } from "../core/display_text.js";
import type { FacetField as Field } from "../core/facets.js";
import { formatCount } from "../core/numbers.js";
import { FacetSegments } from "./facet_segments.js";
import { FacetValues, labelOf, type Change } from "./facet_values.js";
import { Icon } from "./icon.js";
import { facetTexts, words } from "./messages.js";

/** Values shown before "n more"; a single one is never hidden. */
export const FIRST_VALUES = 6;
const SEARCH_FROM = 13;

/** What a person did to one heading; it outlives the heading when columns are arranged anew. */
export interface FieldMemory {
  isOpen: boolean;
  text: string;
  showsAll: boolean;
}

export type PanelMemory = Map<string, FieldMemory>;

interface SectionProps {
  /** Name in the search and in Python, told by the tip of the heading. */
  readonly field: string;
  readonly label: string;
  readonly note: string;
  readonly noteTitle: string;
  readonly isOpen: boolean;
  readonly setOpen: (isOpen: boolean) => void;
  readonly children: VNode | null;
}

/** A heading that opens and closes what stands below it. */
export function FieldSection(props: SectionProps): VNode {
  const { field, label, note, noteTitle, isOpen, setOpen, children } = props;
  return (
    <section class="lsc-field" role="group" aria-label={label}>
      <h4>
        <button
          type="button"
          aria-expanded={isOpen}
          onClick={() => {
            setOpen(!isOpen);
          }}
        >
          <Icon name={isOpen ? "down" : "right"} small />
          <span class="lsc-head-name" title={facetTexts.heading(label, field)}>
            {label}
          </span>
          <span class="lsc-dim" title={noteTitle}>
            {note}
          </span>
        </button>
      </h4>
      {isOpen && children}
    </section>
  );
}

/** The kept state of one heading and a way to change it. */
export function useMemory(
  memory: PanelMemory,
  field: string,
  isOpenAtFirst: boolean,
): [FieldMemory, (change: Partial<FieldMemory>) => void] {
  const [, redraw] = useState(0);
  const kept = memory.get(field) ?? { isOpen: isOpenAtFirst, text: "", showsAll: false };
  memory.set(field, kept);
  return [
    kept,
    (change) => {
      memory.set(field, Object.assign(kept, change));
      redraw((n) => n + 1);
    },
  ];
}

interface FacetFieldProps {
  readonly field: Field;
  readonly label: string;
  readonly isOpenAtFirst: boolean;
  readonly memory: PanelMemory;
  readonly firstValues?: number;
  readonly change: Change;
}

export function FacetField(props: FacetFieldProps): VNode {
  const { field, label, isOpenAtFirst, memory, firstValues = FIRST_VALUES, change } = props;
  const [kept, keep] = useMemory(memory, field.field, isOpenAtFirst);
  const { values } = field;
  return (
    <FieldSection
      field={field.field}
      label={label}
      note={formatCount(values.length)}
      noteTitle={facetTexts.values(values.length)}
      isOpen={kept.isOpen}
      setOpen={(isOpen) => {
        keep({ isOpen });
      }}
    >
      {!kept.isOpen ? null : field.field === "strand" ? (
        <FacetSegments field={field} change={change} label={label} />
      ) : (
        <SearchedValues {...{ field, label, firstValues, change, kept, keep }} />
      )}
    </FieldSection>
  );
}

interface SearchedProps {
  readonly field: Field;
  readonly label: string;
  readonly firstValues: number;
  readonly change: Change;
  readonly kept: FieldMemory;
  readonly keep: (change: Partial<FieldMemory>) => void;
}

/** The first values, or all of them, or those that a search finds; chosen ones always. */
function SearchedValues({ field, label, firstValues, change, kept, keep }: SearchedProps): VNode {
  const { values } = field;
  const folded = foldText(kept.text.trim());
  const matching =
    folded === ""
      ? values
      : values.filter((value) => foldText(labelOf(field.field, value.value)).includes(folded));
  const limit = kept.showsAll || matching.length <= firstValues + 1 ? matching.length : firstValues;
  const later = matching.slice(limit).filter((value) => value.selected || value.excluded);
  const shown = [...matching.slice(0, limit), ...later];
  return (
    <>
      {values.length >= SEARCH_FROM && (
        <LocalSearch
          label={label}
          n={values.length}
          text={kept.text}
          setText={(text) => {
            keep({ text, showsAll: false });
          }}
        />
      )}
      <FacetValues field={field} label={label} shown={shown} folded={folded} change={change} />
      <Rest
        shown={shown.length}
        matching={matching.length}
        all={values.length}
        first={firstValues}
        isSearch={folded !== ""}
        setShowsAll={(showsAll) => {
          keep({ showsAll });
        }}
      />
    </>
  );
}

interface SearchProps {
  readonly label: string;
  readonly n: number;
  readonly text: string;
  readonly setText: (text: string) => void;
}

function LocalSearch({ label, n, text, setText }: SearchProps): VNode {
  return (
    <div class="lsc-input">
      <Icon name="search" small />
      <input
        type="text"
        value={text}
        placeholder={facetTexts.searchIn(n)}
        aria-label={facetTexts.searchLabel(label)}
        spellcheck={false}
        autocomplete="off"
        onInput={(event) => {
          setText(event.currentTarget.value);
        }}
        onKeyDown={(event) => {
          if (event.ctrlKey || event.metaKey) return;
          event.stopPropagation();
          if (event.key === "Escape") setText("");
        }}
      />
      {text !== "" && (
        <button
          type="button"
          class="lsc-clear"
          aria-label={words.clear}
          onClick={() => {
            setText("");
          }}
        >
          <Icon name="close" small />
        </button>
      )}
    </div>
  );
}

interface RestProps {
  readonly shown: number;
  readonly matching: number;
  readonly all: number;
  readonly first: number;
  readonly isSearch: boolean;
  readonly setShowsAll: (showsAll: boolean) => void;
}

function Rest({ shown, matching, all, first, isSearch, setShowsAll }: RestProps): VNode | null {
  const found = isSearch && <span>{facetTexts.match(matching, all)}</span>;
  if (shown >= matching && matching <= first + 1) {
    return isSearch ? <div class="lsc-more lsc-dim">{found}</div> : null;
  }
  return (
    <div class="lsc-more lsc-dim">
      {found}
      {isSearch && <span aria-hidden="true">{"\u00b7"}</span>}
      <button
        type="button"
        onClick={() => {
          setShowsAll(shown < matching);
        }}
      >
        {shown < matching ? facetTexts.more(matching - shown) : facetTexts.fewer}
      </button>
    </div>
  );
}
