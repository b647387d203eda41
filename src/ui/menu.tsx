/** A button that opens a list of choices below it; arrows move, Escape and a click elsewhere close. */
import type { ComponentChildren, VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "./icon.js";

export interface MenuItem {
  readonly label: string;
  readonly title?: string;
  /** A tick before the label; null for items that are no choice. */
  readonly isChosen: boolean | null;
  readonly isDisabled?: boolean;
  readonly startsGroup?: boolean;
  choose(): void;
}

interface MenuProps {
  readonly label: string;
  readonly items: readonly MenuItem[];
  readonly children: ComponentChildren;
  readonly class?: string;
  readonly isAtEnd?: boolean;
  readonly testId?: string;
}

export function Menu(props: MenuProps): VNode {
  const [isOpen, setOpen] = useState(false);
  const anchor = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!isOpen) return;
    const leaving = new AbortController();
    const closeOutside = (event: Event): void => {
      const inside = event.composedPath().includes(anchor.current as EventTarget);
      if (!inside) setOpen(false);
    };
    document.addEventListener("pointerdown", closeOutside, { signal: leaving.signal });
    anchor.current?.querySelector<HTMLElement>("[role^=menuitem]:not([disabled])")?.focus();
    return () => {
      leaving.abort();
    };
  }, [isOpen]);
  const close = (): void => {
    setOpen(false);
    anchor.current?.querySelector<HTMLElement>("button")?.focus();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (!isOpen) return;
    event.stopPropagation();
    if (event.key === "Escape") close();
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      moveFocus(anchor.current, event.key === "ArrowDown" ? 1 : -1);
    }
  };
  return (
    <div class="lsc-menu-anchor" ref={anchor} onKeyDown={onKeyDown}>
      <button
        type="button"
        class={props.class ?? "lsc-button"}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-label={props.label}
        title={props.label}
        data-testid={props.testId}
        onClick={() => {
          setOpen(!isOpen);
        }}
      >
        {props.children}
      </button>
      {isOpen && (
        <div
          class={props.isAtEnd === true ? "lsc-menu lsc-menu-end" : "lsc-menu"}
          role="menu"
          aria-label={props.label}
        >
          {props.items.map((item) => (
            <MenuRow key={item.label} item={item} close={close} />
          ))}
        </div>
      )}
    </div>
  );
}

function MenuRow({ item, close }: { item: MenuItem; close: () => void }): VNode {
  return (
    <>
      {item.startsGroup === true && <hr />}
      <button
        type="button"
        role={item.isChosen === null ? "menuitem" : "menuitemradio"}
        aria-checked={item.isChosen ?? undefined}
        disabled={item.isDisabled === true}
        title={item.title}
        onClick={() => {
          close();
          item.choose();
        }}
      >
        {item.isChosen !== null && (
          <span class="lsc-tick">{item.isChosen && <Icon name="check" small />}</span>
        )}
        {item.label}
      </button>
    </>
  );
}

function moveFocus(anchor: HTMLElement | null, step: number): void {
  const rows = [
    ...(anchor?.querySelectorAll<HTMLElement>("[role^=menuitem]:not([disabled])") ?? []),
  ];
  const at = rows.findIndex((row) => row.matches(":focus"));
  rows[(at + step + rows.length) % rows.length]?.focus();
}
