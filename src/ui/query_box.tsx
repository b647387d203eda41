/** The search over all tracks: what is typed is told once typing rests, and never undone by an echo. */
import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "./icon.js";
import { words } from "./messages.js";

const TYPING_MS = 80;
const MOST_CHARACTERS = 500;

interface QueryBoxProps {
  readonly query: string;
  readonly placeholder?: string;
  readonly setQuery: (text: string) => void;
}

export function QueryBox({ query, placeholder, setQuery }: QueryBoxProps): VNode {
  const [text, setText] = useState(query);
  const sent = useRef(query);
  useEffect(() => {
    // What this box sent comes back while the next letters are typed; it must not undo them.
    if (query === sent.current) return;
    sent.current = query;
    setText(query);
  }, [query]);
  useEffect(() => {
    if (text === sent.current) return;
    const timer = setTimeout(() => {
      sent.current = text;
      setQuery(text);
    }, TYPING_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [text]);
  return (
    <div class="lsc-input lsc-query">
      <Icon name="search" small />
      <input
        type="text"
        value={text}
        maxLength={MOST_CHARACTERS}
        placeholder={placeholder ?? words.search}
        title={placeholder}
        aria-label={words.search}
        spellcheck={false}
        autocomplete="off"
        data-testid="lsc-facet-search"
        onInput={(event) => {
          setText(event.currentTarget.value);
        }}
        onKeyDown={(event) => {
          // A chord belongs to the widget, everything else to this box.
          if (event.ctrlKey || event.metaKey) return;
          event.stopPropagation();
          if (event.key === "Escape" && text === "") event.currentTarget.blur();
          else if (event.key === "Escape") setText("");
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
