/** Saved choices of tracks: choose one, keep the current one under a name, delete one. */
import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { cleanText } from "../core/display_text.js";
import { Icon } from "./icon.js";
import { panelTexts } from "./messages.js";
import { hasChoice, type PanelActions, type PanelState } from "./panel_state.js";
import type { Store } from "./store.js";
import { useSlice } from "./use_slice.js";

const LONGEST_NAME = 80;

interface PresetsProps {
  readonly store: Store<PanelState>;
  readonly actions: PanelActions;
  readonly isSmall: boolean;
}

export function Presets({ store, actions, isSmall }: PresetsProps): VNode {
  const [isOpen, setOpen] = useState(false);
  const anchor = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!isOpen) return;
    const leaving = new AbortController();
    const closeOutside = (event: Event): void => {
      if (!event.composedPath().includes(anchor.current as EventTarget)) setOpen(false);
    };
    document.addEventListener("pointerdown", closeOutside, { signal: leaving.signal });
    anchor.current?.querySelector<HTMLElement>("[role=dialog] :is(button, input)")?.focus();
    return () => {
      leaving.abort();
    };
  }, [isOpen]);
  const close = (): void => {
    setOpen(false);
    anchor.current?.querySelector<HTMLElement>("button")?.focus();
  };
  return (
    <div
      class="lsc-menu-anchor"
      ref={anchor}
      onKeyDown={(event) => {
        if (!isOpen || event.key !== "Escape") return;
        event.stopPropagation();
        close();
      }}
    >
      <button
        type="button"
        class={isSmall ? "lsc-button lsc-square" : "lsc-button"}
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        aria-label={panelTexts.presets}
        title={panelTexts.presetsTitle}
        data-testid="lsc-presets"
        onClick={() => {
          setOpen(!isOpen);
        }}
      >
        {isSmall ? <Icon name="star" /> : panelTexts.presets}
        {!isSmall && <Icon name="down" small />}
      </button>
      {isOpen && <PresetList store={store} actions={actions} close={close} />}
    </div>
  );
}

interface ListProps {
  readonly store: Store<PanelState>;
  readonly actions: PanelActions;
  readonly close: () => void;
}

function PresetList({ store, actions, close }: ListProps): VNode {
  const { presets, isChosen } = useSlice(store, (state) => ({
    presets: state.presets,
    isChosen: hasChoice(state),
  }));
  const names = Object.keys(presets);
  const list = useRef<HTMLDivElement>(null);
  return (
    <div
      ref={list}
      class="lsc-menu lsc-presets"
      role="dialog"
      aria-label={panelTexts.presetsTitle}
      tabIndex={-1}
    >
      {names.length === 0 && <p class="lsc-dim">{panelTexts.noPresets}</p>}
      {names.map((name) => (
        <div key={name} class="lsc-preset">
          <button
            type="button"
            data-testid="lsc-preset"
            title={cleanText(name)}
            onClick={() => {
              actions.choosePreset(name);
              close();
            }}
          >
            <span>{cleanText(name, LONGEST_NAME)}</span>
          </button>
          <button
            type="button"
            class="lsc-clear"
            aria-label={panelTexts.deletePreset(cleanText(name, LONGEST_NAME))}
            title={panelTexts.deletePreset(cleanText(name, LONGEST_NAME))}
            onClick={() => {
              actions.deletePreset(name);
              // The button goes with its row; the keys stay here.
              list.current?.focus();
            }}
          >
            <Icon name="trash" />
          </button>
        </div>
      ))}
      <hr />
      {isChosen ? (
        <SaveForm actions={actions} close={close} />
      ) : (
        <p class="lsc-dim">{panelTexts.nothingToSave}</p>
      )}
    </div>
  );
}

function SaveForm({ actions, close }: Pick<ListProps, "actions" | "close">): VNode {
  const [name, setName] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const save = (): void => {
    if (name.trim() === "") return;
    const refusal = actions.savePreset(name.trim());
    setProblem(refusal);
    if (refusal === null) close();
  };
  return (
    <>
      <div class="lsc-preset">
        <div class="lsc-input">
          <input
            type="text"
            value={name}
            maxLength={LONGEST_NAME}
            placeholder={panelTexts.presetName}
            aria-label={panelTexts.presetName}
            data-testid="lsc-preset-name"
            onInput={(event) => {
              setName(event.currentTarget.value);
            }}
            onKeyDown={(event) => {
              if (event.key === "Enter") {
                // The focus goes back to the button, which must not take this key as a click.
                event.preventDefault();
                save();
              }
              if (event.key !== "Escape") event.stopPropagation();
            }}
          />
        </div>
        <button type="button" class="lsc-button" disabled={name.trim() === ""} onClick={save}>
          {panelTexts.savePreset}
        </button>
      </div>
      {problem !== null && (
        <p class="lsc-wrong" role="alert">
          {problem}
        </p>
      )}
    </>
  );
}
