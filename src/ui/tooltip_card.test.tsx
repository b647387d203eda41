import { describe, expect, it, vi } from "vitest";
import { draw } from "./testing/loaded.js";
import { placeBeside, TooltipCard } from "./tooltip_card.js";

function button(host: HTMLElement, label: string): HTMLButtonElement {
  const found = [...host.querySelectorAll("button")].find(
    (candidate) =>
      candidate.getAttribute("aria-label") === label || candidate.textContent === label,
  );
  if (found === undefined) throw new Error(`no button ${label}`);
  return found;
}

describe("TooltipCard", () => {
  const tooltip = {
    title: "chr20:2,577,797",
    rows: [{ name: "ref", value: "0.998" }],
    x: 100,
    y: 50,
    isPinned: false,
  };

  it("shows key and value rows, and a close button once pinned", () => {
    const close = vi.fn();
    const host = draw(
      <TooltipCard
        tooltip={{ ...tooltip, isPinned: true }}
        width={800}
        height={400}
        close={close}
      />,
    );
    expect(host.querySelector("dt")?.textContent).toBe("ref");
    expect(host.querySelector("dd")?.textContent).toBe("0.998");
    button(host, "Close").click();
    expect(close).toHaveBeenCalledOnce();
  });

  it("stands beside the pointer and inside the view", () => {
    const card = { width: 200, height: 100 };
    expect(placeBeside({ x: 100, y: 50 }, card, { width: 800, height: 400 })).toEqual({
      left: 116,
      top: 58,
    });
    expect(placeBeside({ x: 700, y: 390 }, card, { width: 800, height: 400 })).toEqual({
      left: 484,
      top: 296,
    });
    expect(placeBeside({ x: 5, y: 5 }, card, { width: 150, height: 60 })).toEqual({
      left: 4,
      top: 4,
    });
  });
});
