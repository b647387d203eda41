import { describe, expect, it, vi } from "vitest";
import { HelpPanel, PythonPanel } from "./help_panel.js";
import { draw, press } from "./testing/loaded.js";

function button(host: HTMLElement, label: string): HTMLButtonElement {
  const found = [...host.querySelectorAll("button")].find(
    (candidate) =>
      candidate.getAttribute("aria-label") === label || candidate.textContent === label,
  );
  if (found === undefined) throw new Error(`no button ${label}`);
  return found;
}

describe("panels over the lanes", () => {
  it("help lists the keys; both close by button and Escape", () => {
    const close = vi.fn();
    const host = draw(<HelpPanel close={close} />);
    expect(host.textContent).toContain("Ctrl/Cmd + wheel");
    button(host, "Close").click();
    press(host.querySelector("[role=dialog]"), "Escape");
    press(host.querySelector("[role=dialog]"), "a");
    expect(close).toHaveBeenCalledTimes(2);
    expect(
      draw(<PythonPanel code="out" note="Copied" close={close} />).querySelector("pre")
        ?.textContent,
    ).toBe("out");
  });
});
