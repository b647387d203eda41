/** The first row of the facet panel: search over all tracks, presets, code, browser. */
import type { VNode } from "preact";
import { Icon, type IconName } from "./icon.js";
import { panelTexts, words } from "./messages.js";
import { Presets } from "./panel_presets.js";
import type { PanelActions, PanelState } from "./panel_state.js";
import { QueryBox } from "./query_box.js";
import type { Store } from "./store.js";
import { useSlice } from "./use_slice.js";

/** Below this width the buttons show their icons alone. */
const ROOM_FOR_WORDS = 700;

interface HeadProps {
  readonly store: Store<PanelState>;
  readonly actions: PanelActions;
}

export function PanelHead({ store, actions }: HeadProps): VNode {
  const { query, canShow, isOpen, isSmall } = useSlice(store, (state) => ({
    query: state.query,
    canShow: state.canShow,
    isOpen: state.python !== null,
    isSmall: state.widthPx > 0 && state.widthPx < ROOM_FOR_WORDS,
  }));
  return (
    <div class="lsc-panel-head">
      <QueryBox
        query={query}
        placeholder={isSmall ? words.search : panelTexts.placeholder}
        setQuery={(text) => {
          actions.setQuery(text);
        }}
      />
      <Presets store={store} actions={actions} isSmall={isSmall} />
      {!isSmall && <span class="lsc-grow" />}
      <HeadButton
        icon="copy"
        text={words.copyPython}
        isSmall={isSmall}
        isPressed={isOpen}
        testId="lsc-copy-python"
        act={() => {
          if (isOpen) actions.closePython();
          else actions.copyPython();
        }}
      />
      {canShow && (
        <HeadButton
          icon="lanes"
          text={panelTexts.show}
          title={panelTexts.showTitle}
          isSmall={isSmall}
          isPrimary
          testId="lsc-show"
          act={() => {
            actions.show();
          }}
        />
      )}
    </div>
  );
}

interface ButtonProps {
  readonly icon: IconName;
  readonly text: string;
  readonly title?: string;
  readonly isSmall: boolean;
  readonly isPressed?: boolean;
  readonly isPrimary?: boolean;
  readonly testId: string;
  readonly act: () => void;
}

function HeadButton(props: ButtonProps): VNode {
  const { icon, text, title = text, isSmall, isPressed, isPrimary = false, testId, act } = props;
  return (
    <button
      type="button"
      class={`lsc-button${isSmall ? " lsc-square" : ""}${isPrimary ? " lsc-primary" : ""}`}
      aria-label={text}
      aria-pressed={isPressed}
      title={title}
      data-testid={testId}
      onClick={act}
    >
      {(isSmall || !isPrimary) && <Icon name={icon} />}
      {!isSmall && text}
    </button>
  );
}
