import { describe, expect, it } from "vitest";
import { QueryBox } from "./query_box.js";
import { draw, press, settle } from "./testing/loaded.js";

function show(query = "") {
  const sent: string[] = [];
  const host = draw(
    <QueryBox query={query} placeholder="field:value" setQuery={(text) => sent.push(text)} />,
  );
  const box = host.querySelector<HTMLInputElement>("input");
  if (box === null) throw new Error("no box");
  const type = (text: string): void => {
    box.value = text;
    box.dispatchEvent(new Event("input", { bubbles: true }));
  };
  return { host, box, type, sent };
}

describe("the query box", () => {
  it("tells the text once typing rests", async () => {
    const { type, sent } = show();
    for (const text of ["l", "li", "liver"]) {
      type(text);
      await settle(5);
    }
    await settle(150);
    expect(sent).toEqual(["liver"]);
  });

  it("has a name, a placeholder, and a limit", () => {
    const { box } = show();
    expect(box.getAttribute("aria-label")).toBe("Search tracks");
    expect(box.placeholder).toBe("field:value");
    expect(box.maxLength).toBe(500);
  });

  it("empties with Escape or its button and keeps its keys, but lets chords through", async () => {
    const { host, box, type, sent } = show();
    type("liver");
    await settle(120);
    let reached = 0;
    host.addEventListener("keydown", () => {
      reached += 1;
    });
    press(box, "Escape");
    await settle(150);
    expect(sent).toEqual(["liver", ""]);
    press(box, "x");
    expect(reached).toBe(0);
    press(box, "Enter", { ctrlKey: true });
    expect(reached).toBe(1);
    type("kidney");
    await settle(120);
    host.querySelector<HTMLElement>(".lsc-clear")?.click();
    await settle(150);
    expect(sent.at(-1)).toBe("");
  });
});
