/** One field of the facet panel: heading, local search, values with live counts, three states each. */
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { cleanText, foldText } from "../core/display_text.js";
import { formatCount, formatInteger } from "../core/numbers.js";
import type { FacetField as Field, FacetValue } from "../core/facets.js";
import { Icon } from "./icon.js";
import { facetTexts, words } from "./messages.js";
import { valueLabel } from "./track_names.js";

const FIRST_VALUES = 6;
const MORE_VALUES = 60;
const SEARCH_FROM = 13;

interface FacetFieldProps {
  readonly field: Field;
  readonly label: string;
  readonly isOpenAtFirst: boolean;
  readonly change: (value: FacetValue["value"], how: "in" | "not") => void;
}

/** Text written for a value; missing values are a value of their own. */
export function labelOf(field: string, value: FacetValue["value"]): string {
  return cleanText(value === null ? words.missing : valueLabel(field, value));
}

export function stateOf(value: FacetValue): "in" | "out" | "off" {
  if (value.excluded) return "out";
  return value.selected ? "in" : "off";
}

export function FacetField({ field, label, isOpenAtFirst, change }: FacetFieldProps): VNode {
  const [isOpen, setOpen] = useState(isOpenAtFirst);
  const [text, setText] = useState("");
  const [limit, setLimit] = useState(FIRST_VALUES);
  const { values } = field;
  const folded = foldText(text.trim());
  const matching =
    folded === ""
      ? values
      : values.filter((value) => foldText(labelOf(field.field, value.value)).includes(folded));
  const chosen = matching.filter((value) => value.selected || value.excluded);
  const first = matching.slice(0, limit);
  const shown = [...first, ...chosen.filter((value) => !first.includes(value))];
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
          {label}
          <span class="lsc-dim" title={facetTexts.values(values.length)}>
            {formatCount(values.length)}
          </span>
        </button>
      </h4>
      {isOpen && field.field === "strand" && (
        <Segments field={field} change={change} label={label} />
      )}
      {isOpen && field.field !== "strand" && (
        <>
          {values.length >= SEARCH_FROM && (
            <LocalSearch label={label} n={values.length} text={text} setText={setText} />
          )}
          <Values field={field} label={label} shown={shown} folded={folded} change={change} />
          <Rest
            shown={shown.length}
            matching={matching.length}
            all={values.length}
            isSearch={folded !== ""}
            more={() => {
              setLimit(limit + MORE_VALUES);
            }}
            fewer={() => {
              setLimit(FIRST_VALUES);
            }}
          />
        </>
      )}
    </section>
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
        onInput={(event) => {
          setText(event.currentTarget.value);
        }}
        onKeyDown={(event) => {
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

interface ValuesProps {
  readonly field: Field;
  readonly label: string;
  readonly shown: readonly FacetValue[];
  readonly folded: string;
  readonly change: (value: FacetValue["value"], how: "in" | "not") => void;
}

function Values({ field, label, shown, folded, change }: ValuesProps): VNode {
  const largest = Math.max(1, ...field.values.map((value) => value.total));
  const [active, setActive] = useState(0);
  const at = Math.min(active, shown.length - 1);
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const rows = (event.currentTarget as HTMLElement).children;
    // The focused row counts: other filters may have changed the order since it was reached.
    const focused = Array.from(rows).indexOf(event.target as Element);
    const from = focused < 0 ? at : focused;
    const current = shown[from];
    if (step !== undefined) {
      const next = Math.min(shown.length - 1, Math.max(0, from + step));
      setActive(next);
      (rows[next] as HTMLElement | undefined)?.focus();
    } else if (current !== undefined && (event.key === " " || event.key === "Enter")) {
      change(current.value, "in");
    } else if (current !== undefined && event.key.toLowerCase() === "x")
      change(current.value, "not");
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <ul
      class="lsc-values"
      role="listbox"
      aria-multiselectable
      aria-label={label}
      onKeyDown={onKeyDown}
    >
      {shown.map((value, i) => (
        <ValueRow
          key={String(value.value)}
          field={field.field}
          value={value}
          share={value.count / largest}
          folded={folded}
          isActive={i === at}
          change={(how) => {
            setActive(i);
            change(value.value, how);
          }}
        />
      ))}
    </ul>
  );
}

interface ValueRowProps {
  readonly field: string;
  readonly value: FacetValue;
  readonly share: number;
  readonly folded: string;
  readonly isActive: boolean;
  readonly change: (how: "in" | "not") => void;
}

function ValueRow({ field, value, share, folded, isActive, change }: ValueRowProps): VNode {
  const label = labelOf(field, value.value);
  const state = stateOf(value);
  const word = { in: facetTexts.included, out: facetTexts.excluded, off: "" }[state];
  return (
    <li
      class="lsc-value"
      role="option"
      tabIndex={isActive ? 0 : -1}
      aria-selected={state === "in"}
      aria-label={facetTexts.option(label, value.count, value.total, word)}
      title={`${label}: ${formatInteger(value.count)} / ${formatInteger(value.total)}. ${facetTexts.hint}`}
      data-testid="lsc-facet-value"
      data-field={field}
      data-value={value.value === null ? "" : String(value.value)}
      data-count={value.count}
      data-total={value.total}
      data-state={state}
      onClick={(event) => {
        change(event.altKey ? "not" : "in");
      }}
    >
      <span class="lsc-box" data-state={state}>
        {state === "in" && <Icon name="check" />}
        {state === "out" && <Icon name="close" />}
      </span>
      <span class={nameClass(value)}>
        <span class="lsc-amount" style={{ width: `${(share * 100).toFixed(1)}%` }} />
        <Highlighted text={label} folded={folded} />
      </span>
      <span class="lsc-n">
        <b class={value.count === 0 ? "lsc-zero" : ""}>{formatCount(value.count)}</b> /{" "}
        {formatCount(value.total)}
      </span>
    </li>
  );
}

function nameClass(value: FacetValue): string {
  const zero = value.count === 0 ? " lsc-zero" : "";
  return `lsc-name${zero}${value.excluded ? " lsc-out" : ""}`;
}

/** The part of a label that matches the local search stands out. */
function Highlighted({ text, folded }: { text: string; folded: string }): VNode {
  const at = folded === "" ? -1 : foldText(text).indexOf(folded);
  if (at < 0 || foldText(text).length !== text.length) return <span>{text}</span>;
  return (
    <>
      <span>{text.slice(0, at)}</span>
      <mark>{text.slice(at, at + folded.length)}</mark>
      <span>{text.slice(at + folded.length)}</span>
    </>
  );
}

interface RestProps {
  readonly shown: number;
  readonly matching: number;
  readonly all: number;
  readonly isSearch: boolean;
  readonly more: () => void;
  readonly fewer: () => void;
}

function Rest({ shown, matching, all, isSearch, more, fewer }: RestProps): VNode | null {
  if (shown < matching) {
    return (
      <button type="button" class="lsc-more" onClick={more}>
        {facetTexts.more(matching - shown)}
      </button>
    );
  }
  if (isSearch) return <div class="lsc-more lsc-dim">{facetTexts.match(matching, all)}</div>;
  if (shown > FIRST_VALUES) {
    return (
      <button type="button" class="lsc-more" onClick={fewer}>
        {facetTexts.fewer}
      </button>
    );
  }
  return null;
}

interface SegmentsProps {
  readonly field: Field;
  readonly label: string;
  readonly change: (value: FacetValue["value"], how: "in" | "not") => void;
}

const STRAND_ORDER = ["+", "-", "."];

/** Strand as a segmented control; every segment can be on at the same time. */
function Segments({ field, label, change }: SegmentsProps): VNode {
  const place = (value: FacetValue): number => {
    const at = STRAND_ORDER.indexOf(String(value.value));
    return at < 0 ? STRAND_ORDER.length : at;
  };
  const ordered = [...field.values].sort((a, b) => place(a) - place(b));
  return (
    <div class="lsc-seg" role="group" aria-label={label}>
      {ordered.map((value) => {
        const state = stateOf(value);
        const name = labelOf(field.field, value.value);
        const word = { in: facetTexts.included, out: facetTexts.excluded, off: "" }[state];
        return (
          <button
            key={String(value.value)}
            type="button"
            aria-pressed={state === "in"}
            aria-label={facetTexts.option(name, value.count, value.total, word)}
            title={facetTexts.hint}
            data-testid="lsc-facet-value"
            data-field={field.field}
            data-value={value.value === null ? "" : String(value.value)}
            data-count={value.count}
            data-total={value.total}
            data-state={state}
            onClick={(event) => {
              change(value.value, event.altKey ? "not" : "in");
            }}
          >
            <span>{name}</span>
            <span>{formatCount(value.count)}</span>
          </button>
        );
      })}
    </div>
  );
}
