/** Small line icons on a 16 x 16 grid; they take the colour of the text beside them. */
import type { VNode } from "preact";

const PATHS = {
  back: "M10 3 5 8l5 5",
  forward: "M6 3l5 5-5 5",
  minus: "M3.5 8h9",
  plus: "M3.5 8h9M8 3.5v9",
  down: "M4 6.5 8 10.5l4-4",
  right: "M6.5 4l4 4-4 4",
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM11 11l3 3",
  close: "M4 4l8 8M12 4l-8 8",
  check: "M3 8.5 6.5 12 13 4.5",
  export: "M8 2v8M5 7l3 3 3-3M3 12.5h10",
  help: "M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM6 6.2a2 2 0 1 1 2.7 1.9c-.5.2-.7.6-.7 1.3M8 11.6h.01",
  pin: "M6 2h4l-.5 4L12 9H4l2.5-3zM8 9v5",
  more: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  copy: "M6 6h7v7H6zM3 10V3h7",
  filter: "M2.5 3.5h11L9.5 8.5V13l-3-1.5v-3z",
  star: "M8 2.5l1.7 3.5 3.8.5-2.8 2.7.7 3.8L8 11.2 4.6 13l.7-3.8L2.5 6.5l3.8-.5z",
  lanes: "M2.5 4h11M2.5 8h11M2.5 12h11",
  trash: "M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5l.5 8.5h6l.5-8.5",
} as const;

export type IconName = keyof typeof PATHS;

/** One icon; decorative, the control around it carries the label. */
export function Icon({ name, small = false }: { name: IconName; small?: boolean }): VNode {
  return (
    <svg
      viewBox="0 0 16 16"
      class={small ? "lsc-icon lsc-icon-small" : "lsc-icon"}
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
