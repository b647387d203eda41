import { expect, it } from "vitest";
import { Icon } from "./icon.js";
import { draw } from "./testing/loaded.js";

it("is decorative and small on request", () => {
  const icon = draw(<Icon name="help" small />).querySelector("svg");
  expect(icon?.getAttribute("aria-hidden")).toBe("true");
  expect(icon?.getAttribute("class")).toContain("lsc-icon-small");
  expect(icon?.querySelector("path")?.getAttribute("d")).toMatch(/^M/);
});
