/** One row of controls above the lanes; what does not fit moves into the "More" menu. */
import type { VNode } from "preact";
import { widthOf } from "../core/coords.js";
import { formatWidth } from "../core/numbers.js";
import type { Actions } from "./actions.js";
import { Icon, type IconName } from "./icon.js";
import { LocusBox } from "./locus_box.js";
import { Menu, type MenuItem } from "./menu.js";
import { exportNames, modeNames, modeTitles, scaleNames, scaleTitles, words } from "./messages.js";
import type { Store } from "./store.js";
import { useSlice } from "./use_slice.js";
import { SCALE_RANGES, VIEW_MODES, type ViewState } from "./view_state.js";

interface ToolbarProps {
  readonly store: Store<ViewState>;
  readonly actions: Actions;
  readonly listId: string;
}

const ROOM_FOR_ALL = 1000;
const ROOM_FOR_MODES = 720;
const ROOM_FOR_HISTORY = 520;

export function Toolbar({ store, actions, listId }: ToolbarProps): VNode {
  const view = useSlice(store, (state) => ({
    past: state.past.length,
    future: state.future.length,
    region: state.region,
    bounds: state.bounds,
    mode: state.mode,
    hasAlt: state.hasAlt,
    scale: state.scale,
    showsFacets: state.showsFacets,
    showsHelp: state.showsHelp,
    width: state.widthPx,
  }));
  const width = widthOf(view.region);
  const roomy = view.width >= ROOM_FOR_ALL;
  const scaleRows = scaleItems(view.scale, actions);
  const modeRows = view.hasAlt ? modeItems(view.mode, actions) : [];
  const python: MenuItem = {
    label: words.copyPython,
    isChosen: null,
    choose: () => {
      actions.copyPython("view");
    },
  };
  const hidden = [
    ...(view.width < ROOM_FOR_MODES ? modeRows : []),
    ...(roomy ? [] : [...scaleRows.map((row, i) => ({ ...row, startsGroup: i === 0 })), python]),
  ];
  return (
    <div class="lsc-toolbar" role="toolbar" aria-label={words.toolbar}>
      {view.width >= ROOM_FOR_HISTORY && (
        <div class="lsc-set">
          <Tool
            icon="back"
            label={words.back}
            off={view.past === 0}
            act={() => {
              actions.undo();
            }}
          />
          <Tool
            icon="forward"
            label={words.forward}
            off={view.future === 0}
            act={() => {
              actions.redo();
            }}
          />
        </div>
      )}
      <LocusBox store={store} actions={actions} listId={listId} />
      {view.width >= ROOM_FOR_MODES && <span class="lsc-width">{formatWidth(width)}</span>}
      <div class="lsc-set">
        <Tool
          icon="minus"
          label={words.zoomOut}
          testId="lsc-zoom-out"
          off={width >= widthOf(view.bounds)}
          act={() => {
            actions.zoom(2);
          }}
        />
        <Tool
          icon="plus"
          label={words.zoomIn}
          testId="lsc-zoom-in"
          off={width <= 8}
          act={() => {
            actions.zoom(0.5);
          }}
        />
      </div>
      {view.hasAlt && view.width >= ROOM_FOR_MODES && (
        <ModeSegments mode={view.mode} actions={actions} />
      )}
      {roomy && (
        <Menu label={words.scale} items={scaleRows}>
          {scaleNames[view.scale.range]}
          {view.scale.kind === "linear" ? "" : ", log"}
          <Icon name="down" small />
        </Menu>
      )}
      <span class="lsc-grow" />
      {roomy && (
        <button
          type="button"
          class="lsc-button lsc-quiet"
          onClick={() => {
            actions.copyPython("view");
          }}
        >
          <Icon name="copy" />
          {words.copyPython}
        </button>
      )}
      <div class="lsc-set">
        {hidden.length > 0 && (
          <Menu label={words.more} items={hidden} class="lsc-button lsc-quiet lsc-square" isAtEnd>
            <Icon name="more" />
          </Menu>
        )}
        <Menu
          label={words.export}
          items={exportItems(actions)}
          class="lsc-button lsc-quiet lsc-square"
          isAtEnd
          testId="lsc-export"
        >
          <Icon name="export" />
        </Menu>
        <Tool
          icon="help"
          label={words.help}
          pressed={view.showsHelp}
          act={() => {
            actions.toggleHelp();
          }}
        />
        <Tool
          icon="filter"
          label={view.showsFacets ? words.hideFacets : words.showFacets}
          testId="lsc-facets-toggle"
          pressed={view.showsFacets}
          act={() => {
            actions.toggleFacets();
          }}
        />
      </div>
    </div>
  );
}

interface ToolProps {
  readonly icon: IconName;
  readonly label: string;
  readonly off?: boolean;
  readonly pressed?: boolean;
  readonly testId?: string;
  readonly act: () => void;
}

function Tool({ icon, label, off, pressed, testId, act }: ToolProps): VNode {
  return (
    <button
      type="button"
      class="lsc-button lsc-quiet lsc-square"
      aria-label={label}
      title={label}
      aria-pressed={pressed}
      disabled={off === true}
      data-testid={testId}
      onClick={act}
    >
      <Icon name={icon} />
    </button>
  );
}

function ModeSegments({ mode, actions }: { mode: string; actions: Actions }): VNode {
  return (
    <div class="lsc-seg" role="radiogroup" aria-label={words.mode}>
      {VIEW_MODES.map((name) => (
        <button
          key={name}
          type="button"
          role="radio"
          aria-checked={name === mode}
          title={modeTitles[name]}
          data-testid={`lsc-mode-${name}`}
          onClick={() => {
            actions.setMode(name);
          }}
        >
          {modeNames[name]}
        </button>
      ))}
    </div>
  );
}

function modeItems(mode: string, actions: Actions): MenuItem[] {
  return VIEW_MODES.map((name) => ({
    label: modeNames[name] ?? name,
    ...titled(modeTitles[name]),
    isChosen: name === mode,
    choose: () => {
      actions.setMode(name);
    },
  }));
}

function scaleItems(scale: ViewState["scale"], actions: Actions): MenuItem[] {
  const ranges = SCALE_RANGES.map((range) => ({
    label: scaleTitles[range] ?? range,
    isChosen: range === scale.range,
    choose: (): void => {
      actions.setScale({ ...scale, range });
    },
  }));
  const kinds = (["linear", "log1p"] as const).map((kind, i) => ({
    label: scaleTitles[kind] ?? kind,
    isChosen: kind === scale.kind,
    startsGroup: i === 0,
    choose: (): void => {
      actions.setScale({ ...scale, kind });
    },
  }));
  return [...ranges, ...kinds];
}

function exportItems(actions: Actions): MenuItem[] {
  return (["svg", "png", "csv"] as const).map((kind) => ({
    label: exportNames[kind],
    isChosen: null,
    choose: () => {
      actions.exportAs(kind);
    },
  }));
}

function titled(title: string | undefined): { title?: string } {
  return title === undefined ? {} : { title };
}
