import { describe, expect, it } from "vitest";
import { QueryProblems, repaired } from "./query_problems.js";
import { draw } from "./testing/loaded.js";

const PROBLEM = { token: "-asay:x", field: "asay", closest: ["assay_title", "a", "b"] };

describe("a field that does not exist", () => {
  it("is named, with at most two names that were perhaps meant and a way to remove it", () => {
    const queries: string[] = [];
    const host = draw(
      <QueryProblems
        problems={[PROBLEM]}
        query="liver -asay:x brain"
        setQuery={(query) => queries.push(query)}
      />,
    );
    expect(host.textContent).toContain("There is no field \u201casay\u201d");
    const buttons = [...host.querySelectorAll("button")];
    expect(buttons.map((button) => button.textContent)).toEqual(["Use assay_title", "Use a", ""]);
    buttons[0]?.click();
    buttons[2]?.click();
    expect(queries).toEqual(["liver -assay_title:x brain", "liver brain"]);
  });

  it("shows nothing where all is known", () => {
    expect(
      draw(<QueryProblems problems={[]} query="" setQuery={() => undefined} />).textContent,
    ).toBe("");
  });

  it("leaves a query alone that changed meanwhile, and takes names as they are", () => {
    expect(repaired("liver", PROBLEM, "assay_title")).toBe("liver");
    expect(repaired("-asay:x", PROBLEM, "$&")).toBe("-$&:x");
    expect(repaired("-asay:x", PROBLEM)).toBe("");
  });

  it("writes hostile names as text", () => {
    const nasty = '<img src=x onerror="x">';
    const host = draw(
      <QueryProblems
        problems={[{ token: nasty, field: nasty, closest: [nasty] }]}
        query={nasty}
        setQuery={() => undefined}
      />,
    );
    expect(host.querySelector("img")).toBeNull();
    expect(host.textContent).toContain("<img");
  });
});
