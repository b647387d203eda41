/** The tooltip beside the pointer: bold identity, then aligned key and value rows. */
import type { VNode } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Icon } from "./icon.js";
import { words } from "./messages.js";
import type { Tooltip } from "./view_state.js";

interface TooltipCardProps {
  readonly tooltip: Tooltip;
  /** Room the card may use, px. */
  readonly width: number;
  readonly height: number;
  readonly close: () => void;
}

const GAP = 16;

export function TooltipCard({ tooltip, width, height, close }: TooltipCardProps): VNode {
  const card = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState({ width: 220, height: 96 });
  useLayoutEffect(() => {
    const box = card.current;
    if (box === null) return;
    const next = { width: box.offsetWidth, height: box.offsetHeight };
    if (next.width !== size.width || next.height !== size.height) setSize(next);
  }, [tooltip]);
  const place = placeBeside(tooltip, size, { width, height });
  return (
    <div
      ref={card}
      class="lsc-tip"
      role="tooltip"
      data-testid="lsc-tooltip"
      data-pinned={tooltip.isPinned ? "" : undefined}
      style={{ left: `${place.left}px`, top: `${place.top}px` }}
    >
      {tooltip.isPinned && (
        <button
          type="button"
          class="lsc-button lsc-quiet lsc-square lsc-close"
          aria-label={words.close}
          onClick={close}
        >
          <Icon name="close" small />
        </button>
      )}
      <div class="lsc-tip-title">{tooltip.title}</div>
      <dl class="lsc-pairs">
        {tooltip.rows.map((row) => [
          <dt key={row.name}>{row.name}</dt>,
          <dd key={`${row.name} `}>{row.value}</dd>,
        ])}
      </dl>
    </div>
  );
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Right of the pointer, else left of it; never under it and never outside the view. */
export function placeBeside(
  at: { readonly x: number; readonly y: number },
  card: Size,
  view: Size,
): { left: number; top: number } {
  const right = at.x + GAP;
  const left = right + card.width <= view.width ? right : at.x - GAP - card.width;
  const top = Math.min(at.y + 8, view.height - card.height - 4);
  return { left: Math.max(4, left), top: Math.max(4, top) };
}
