/** The place box: shows the visible range, takes a range, a gene or a variant, and offers names. */
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { formatLocus } from "../core/coords.js";
import { cleanText } from "../core/display_text.js";
import type { Actions } from "./actions.js";
import { words } from "./messages.js";
import { suggestPlaces } from "./places.js";
import type { Store } from "./store.js";
import { useSlice } from "./use_slice.js";
import type { ViewState } from "./view_state.js";

interface LocusBoxProps {
  readonly store: Store<ViewState>;
  readonly actions: Actions;
  readonly listId: string;
}

export function LocusBox({ store, actions, listId }: LocusBoxProps): VNode {
  const { region, bounds, genes, variants } = useSlice(store, (state) => ({
    region: state.region,
    bounds: state.bounds,
    genes: state.genes,
    variants: state.variants,
  }));
  const [typed, setTyped] = useState<string | null>(null);
  const [chosen, setChosen] = useState(-1);
  const [wrong, setWrong] = useState<string | null>(null);
  const offers = typed === null ? [] : suggestPlaces(typed, { bounds, genes, variants });
  const finish = (): void => {
    setTyped(null);
    setChosen(-1);
    setWrong(null);
  };
  const go = (text: string): void => {
    const problem = actions.goTo(text);
    if (problem === null) finish();
    else setWrong(problem);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    event.stopPropagation();
    if (event.key === "Enter") go(offers[chosen]?.name ?? typed ?? formatLocus(region));
    else if (event.key === "Escape") {
      finish();
      (event.currentTarget as HTMLElement).blur();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && offers.length > 0) {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      setChosen((chosen + step + offers.length) % offers.length);
    }
  };
  const isOpen = offers.length > 0 && wrong === null;
  return (
    <div class="lsc-locus lsc-mono" data-wrong={wrong === null ? undefined : ""}>
      <div class="lsc-input">
        <input
          type="text"
          spellcheck={false}
          autocomplete="off"
          role="combobox"
          data-testid="lsc-locus"
          aria-label={words.locus}
          aria-expanded={isOpen}
          aria-controls={listId}
          aria-invalid={wrong !== null}
          aria-activedescendant={chosen >= 0 ? `${listId}-${chosen}` : undefined}
          placeholder={words.locusPlaceholder}
          value={typed ?? formatLocus(region)}
          onFocus={(event) => {
            event.currentTarget.select();
          }}
          onInput={(event) => {
            setTyped(event.currentTarget.value);
            setChosen(-1);
            setWrong(null);
          }}
          onKeyDown={onKeyDown}
          onBlur={finish}
        />
      </div>
      {wrong !== null && (
        <div class="lsc-note" role="alert">
          {wrong}
        </div>
      )}
      <div
        id={listId}
        role="listbox"
        aria-label={words.suggestions}
        class={isOpen ? "lsc-menu" : ""}
      >
        {isOpen &&
          offers.map((offer, i) => (
            <button
              key={`${offer.kind}${offer.index}`}
              id={`${listId}-${i}`}
              type="button"
              role="option"
              tabIndex={-1}
              aria-selected={i === chosen}
              onPointerDown={(event) => {
                event.preventDefault();
                go(offer.name);
              }}
            >
              <span class={offer.kind === "gene" ? "lsc-gene" : ""}>{cleanText(offer.name)}</span>
              <span class="lsc-grow" />
              <span class="lsc-dim">{offer.detail}</span>
            </button>
          ))}
      </div>
    </div>
  );
}
