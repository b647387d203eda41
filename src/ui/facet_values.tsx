/** The values of one field as a list of three-state rows; long lists draw only the rows in sight. */
import type { VNode } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { cleanText, foldText } from "../core/display_text.js";
import type { FacetField as Field, FacetValue } from "../core/facets.js";
import { formatCount, formatInteger } from "../core/numbers.js";
import { Icon } from "./icon.js";
import { facetTexts, words } from "./messages.js";
import { valueLabel } from "./track_names.js";

export const ROW_PX = 24;
/** Rows in sight of a long list, and rows kept ready above and below. */
const ROWS_IN_VIEW = 12;
const SPARE_ROWS = 8;
/** Letters typed within this time belong to one word. */
const TYPE_AHEAD_MS = 600;

export type Change = (value: FacetValue["value"], how: "in" | "not") => void;

/** Text written for a value; missing values are a value of their own. */
export function labelOf(field: string, value: FacetValue["value"]): string {
  return cleanText(value === null ? words.missing : valueLabel(field, value));
}

export function stateOf(value: FacetValue): "in" | "out" | "off" {
  if (value.excluded) return "out";
  return value.selected ? "in" : "off";
}

/** `ATAC-seq, 167 of 167 tracks, included` */
export function optionText(field: string, value: FacetValue): string {
  const word = { in: facetTexts.included, out: facetTexts.excluded, off: "" }[stateOf(value)];
  return facetTexts.option(labelOf(field, value.value), value.count, value.total, word);
}

/** The label of a value, and what stands in the data where that differs. */
function fullName(label: string, value: FacetValue["value"]): string {
  const written = value === null ? label : cleanText(String(value));
  return written === label ? label : `${label} (${written})`;
}

function keyOf(value: FacetValue["value"]): string {
  return value === null ? "\u0001" : String(value);
}

interface ValuesProps {
  readonly field: Field;
  readonly label: string;
  readonly shown: readonly FacetValue[];
  /** What the search in this field looks for. */
  readonly folded: string;
  readonly change: Change;
}

export function FacetValues({ field, label, shown, folded, change }: ValuesProps): VNode {
  const largest = Math.max(1, ...field.values.map((value) => value.total));
  const isLong = shown.length > ROWS_IN_VIEW + SPARE_ROWS;
  const list = useRef<HTMLUListElement>(null);
  const hasFocus = useRef(false);
  const isMoving = useRef(false);
  const typed = useRef({ text: "", at: 0 });
  const [active, setActive] = useState<string | null>(null);
  const [top, setTop] = useState(0);
  const first = isLong ? Math.max(0, Math.floor(top / ROW_PX) - SPARE_ROWS) : 0;
  const from = Math.min(first, Math.max(0, shown.length - ROWS_IN_VIEW - SPARE_ROWS));
  const to = isLong ? Math.min(shown.length, from + ROWS_IN_VIEW + 2 * SPARE_ROWS) : shown.length;
  // The row that Tab reaches is known by its value: other filters change the order of the rows.
  const found = active === null ? -1 : shown.findIndex(({ value }) => keyOf(value) === active);
  const at = Math.min(Math.max(found, from), to - 1);

  useLayoutEffect(() => {
    // A row that moved or left the window takes the focus along; the list gives it back.
    const row = list.current?.querySelector<HTMLElement>('[tabindex="0"]');
    const root = list.current?.getRootNode() as Document | ShadowRoot | undefined;
    const isDue = hasFocus.current || isMoving.current;
    isMoving.current = false;
    if (!isDue || row == null || root?.activeElement === row) return;
    row.focus({ preventScroll: true });
  });

  const goTo = (row: number): void => {
    const next = Math.min(shown.length - 1, Math.max(0, row));
    isMoving.current = next !== at;
    setActive(keyOf(shown[next]?.value ?? null));
    const box = list.current;
    if (box === null || !isLong) return;
    const lowest = next * ROW_PX - (ROWS_IN_VIEW - 1) * ROW_PX;
    box.scrollTop = Math.min(next * ROW_PX, Math.max(lowest, box.scrollTop));
    setTop(box.scrollTop);
  };
  const typeAhead = (letter: string, current: number): boolean => {
    const now = Date.now();
    const isNew = now - typed.current.at > TYPE_AHEAD_MS;
    const text = foldText(isNew ? letter : typed.current.text + letter);
    typed.current = { text, at: now };
    const start = isNew ? current + 1 : current;
    const order = [...shown.keys()].map((i) => (start + i) % shown.length);
    const next = order.find((i) => {
      const value = shown[i];
      return value !== undefined && foldText(labelOf(field.field, value.value)).startsWith(text);
    });
    if (next === undefined) return false;
    goTo(next);
    return true;
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    // The focused row counts: other filters may have changed the order since it was reached.
    const row = (event.target as HTMLElement).dataset["index"];
    const current = row === undefined ? at : Number(row);
    const value = shown[current];
    if (value === undefined) return;
    const target = {
      ArrowDown: current + 1,
      ArrowUp: current - 1,
      PageDown: current + ROWS_IN_VIEW,
      PageUp: current - ROWS_IN_VIEW,
      Home: 0,
      End: shown.length - 1,
    }[event.key];
    const isLetter = /^[\p{L}\p{N} +\-(]$/u.test(event.key);
    // Space and X go on with a word that has begun, as far as a value is called so.
    const isAction = /^(Enter| |x)$/i.test(event.key);
    const isTyping = Date.now() - typed.current.at <= TYPE_AHEAD_MS;
    let isHandled = true;
    if (target !== undefined) goTo(target);
    else if (isLetter && (isTyping || !isAction) && typeAhead(event.key, current)) isHandled = true;
    else if (isAction) change(value.value, event.key.toLowerCase() === "x" ? "not" : "in");
    else if (isLetter) isHandled = false;
    else return;
    if (isHandled) event.preventDefault();
    event.stopPropagation();
  };
  return (
    <ul
      ref={list}
      class="lsc-values"
      role="listbox"
      aria-multiselectable
      aria-label={label}
      data-long={isLong ? "" : undefined}
      style={isLong ? { maxHeight: `${ROWS_IN_VIEW * ROW_PX}px` } : {}}
      onKeyDown={onKeyDown}
      onFocusIn={(event) => {
        hasFocus.current = true;
        const row = shown[Number((event.target as HTMLElement).dataset["index"])];
        if (row !== undefined) setActive(keyOf(row.value));
      }}
      onFocusOut={() => {
        hasFocus.current = false;
      }}
      onScroll={(event) => {
        setTop(event.currentTarget.scrollTop);
      }}
    >
      {shown.slice(from, to).map((value, i) => (
        <ValueRow
          key={keyOf(value.value)}
          field={field.field}
          value={value}
          share={value.count / largest}
          folded={folded}
          index={from + i}
          size={isLong ? shown.length : null}
          above={i === 0 ? from : 0}
          below={from + i === to - 1 ? shown.length - to : 0}
          isActive={from + i === at}
          change={(how) => {
            setActive(keyOf(value.value));
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
  readonly index: number;
  /** Number of all rows where only some are drawn. */
  readonly size: number | null;
  /** Rows that are not drawn before and after this one. */
  readonly above: number;
  readonly below: number;
  readonly isActive: boolean;
  readonly change: (how: "in" | "not") => void;
}

function ValueRow(props: ValueRowProps): VNode {
  const { field, value, share, folded, index, size, above, below, isActive, change } = props;
  const label = labelOf(field, value.value);
  const state = stateOf(value);
  return (
    <li
      class="lsc-value"
      role="option"
      tabIndex={isActive ? 0 : -1}
      aria-selected={state === "in"}
      aria-label={optionText(field, value)}
      aria-setsize={size ?? undefined}
      aria-posinset={size === null ? undefined : index + 1}
      title={`${fullName(label, value.value)}: ${formatInteger(value.count)} / ${formatInteger(value.total)}. ${facetTexts.hint}`}
      style={{
        marginTop: above > 0 ? `${above * ROW_PX}px` : "",
        marginBottom: below > 0 ? `${below * ROW_PX}px` : "",
      }}
      data-testid="lsc-facet-value"
      data-index={index}
      data-field={field}
      data-value={value.value === null ? "" : String(value.value)}
      data-count={value.count}
      data-total={value.total}
      data-state={state}
      onClick={(event) => {
        change(event.altKey ? "not" : "in");
      }}
    >
      <span class="lsc-amount" style={{ width: `calc((100% - 26px) * ${share.toFixed(4)})` }} />
      <span class="lsc-box" data-state={state}>
        {state === "in" && <Icon name="check" />}
        {state === "out" && <Icon name="close" />}
      </span>
      <span class={nameClass(value)}>
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
