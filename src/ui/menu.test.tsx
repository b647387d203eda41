import { describe, expect, it, vi } from "vitest";
import { Menu } from "./menu.js";
import { draw, press, settle } from "./testing/loaded.js";

function button(host: HTMLElement, label: string): HTMLButtonElement {
  const found = [...host.querySelectorAll("button")].find(
    (candidate) =>
      candidate.getAttribute("aria-label") === label || candidate.textContent === label,
  );
  if (found === undefined) throw new Error(`no button ${label}`);
  return found;
}

describe("Menu", () => {
  it("opens, moves by arrows, closes by Escape and by a press elsewhere", async () => {
    const chosen = vi.fn();
    const items = ["one", "two"].map((label) => ({
      label,
      isChosen: label === "two",
      choose: () => {
        chosen(label);
      },
    }));
    const host = draw(
      <Menu label="Scale" items={items}>
        Scale
      </Menu>,
    );
    const opener = button(host, "Scale");
    opener.click();
    await settle();
    expect(opener.getAttribute("aria-expanded")).toBe("true");
    press(host.querySelector("[role=menu]"), "ArrowDown");
    expect(document.activeElement?.textContent).toBe("two");
    press(host.querySelector("[role=menu]"), "Escape");
    await settle();
    expect(host.querySelector("[role=menu]")).toBeNull();
    opener.click();
    await settle();
    document.body.dispatchEvent(new Event("pointerdown", { bubbles: true, composed: true }));
    await settle();
    expect(host.querySelector("[role=menu]")).toBeNull();
    opener.click();
    await settle();
    host.querySelector<HTMLElement>("[role=menuitemradio]")?.click();
    expect(chosen).toHaveBeenCalledWith("one");
  });
});
