/** Panels that open over the lanes: keys and reading help, and the code of the current view. */
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "./icon.js";
import { helpNotes, helpRows, words } from "./messages.js";

interface PanelProps {
  readonly close: () => void;
}

export function HelpPanel({ close }: PanelProps): VNode {
  return (
    <Popover label={words.help} close={close}>
      <dl class="lsc-pairs lsc-left">
        {helpRows.map(([keys, what]) => [
          <dt key={keys}>{keys}</dt>,
          <dd key={`${keys} `}>{what}</dd>,
        ])}
      </dl>
      {helpNotes.map((note) => (
        <p key={note}>{note}</p>
      ))}
    </Popover>
  );
}

/** Shown when the page may not write to the clipboard: the code itself, ready to select. */
export function PythonPanel({
  code,
  note,
  close,
}: PanelProps & { code: string; note: string }): VNode {
  return (
    <Popover label={words.copyPython} close={close}>
      <p role="status">{note}</p>
      <pre data-testid="lsc-python">{code}</pre>
    </Popover>
  );
}

interface PopoverProps extends PanelProps {
  readonly label: string;
  readonly children: VNode | (VNode | VNode[])[];
}

function Popover({ label, close, children }: PopoverProps): VNode {
  const panel = useRef<HTMLDivElement>(null);
  useEffect(() => {
    panel.current?.focus();
  }, []);
  return (
    <div
      ref={panel}
      class="lsc-pop"
      role="dialog"
      aria-label={label}
      tabIndex={-1}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        close();
      }}
    >
      <h3>{label}</h3>
      <button
        type="button"
        class="lsc-button lsc-quiet lsc-square lsc-close"
        aria-label={words.close}
        onClick={close}
      >
        <Icon name="close" small />
      </button>
      {children}
    </div>
  );
}
