import { describe, expect, it, vi } from "vitest";
import { bringIntoSight, h, linkTo, safeUrl } from "./dom.js";

describe("h", () => {
  it("sets text as text", () => {
    const hostile = "<img src=x onerror=alert(1)>";
    const element = h("p", { class: "lsc-note" }, hostile, null, h("b", { text: hostile }));
    expect(element.textContent).toBe(hostile + hostile);
    expect(element.querySelector("img")).toBeNull();
    expect(element.className).toBe("lsc-note");
  });

  it("sets safe attributes only", () => {
    const input = h("input", {
      attrs: { type: "text", "aria-label": "Place", disabled: true, hidden: false, tabindex: 0 },
      data: { field: "strand" },
      style: { color: "rgb(1, 2, 3)" },
    });
    expect(input.getAttribute("aria-label")).toBe("Place");
    expect(input.disabled).toBe(true);
    expect(input.hasAttribute("hidden")).toBe(false);
    expect(input.dataset["field"]).toBe("strand");
    expect(input.style.color).toBe("rgb(1, 2, 3)");
  });

  it.each(["onclick", "href", "src", "style", "srcdoc", "formaction", "class"])(
    "refuses the attribute %s",
    (name) => {
      expect(() => h("div", { attrs: { [name]: "x" } })).toThrow(TypeError);
    },
  );

  it("writes aria states as words", () => {
    expect(h("button", { attrs: { "aria-pressed": false } }).getAttribute("aria-pressed")).toBe(
      "false",
    );
  });

  it("listens until its signal ends", () => {
    const click = vi.fn();
    const view = new AbortController();
    const button = h("button", { on: { click }, signal: view.signal });
    button.click();
    view.abort();
    button.click();
    expect(click).toHaveBeenCalledTimes(1);
  });
});

describe("links", () => {
  it("allow https only", () => {
    expect(safeUrl("https://example.org/a?b=c")).toBe("https://example.org/a?b=c");
    for (const address of [
      "http://example.org/",
      "javascript:alert(1)",
      " javascript:alert(1)",
      "data:text/html,<script>",
      "//example.org",
      "file:///etc/hosts",
      "",
    ]) {
      expect(safeUrl(address)).toBeNull();
    }
  });

  it("open outside and tell nothing", () => {
    const link = linkTo("https://example.org/", "source");
    expect(link.tagName).toBe("A");
    expect(link.getAttribute("rel")).toBe("noopener noreferrer");
    expect(link.textContent).toBe("source");
  });

  it("become text when they are not safe", () => {
    const text = linkTo("javascript:alert(1)", "click\u202eme");
    expect(text.tagName).toBe("SPAN");
    expect(text.textContent).toBe("click\u27e8U+202E\u27e9me");
  });
});

describe("bringIntoSight", () => {
  it("scrolls to an element and gives it the focus", () => {
    const element = document.createElement("div");
    element.tabIndex = 0;
    const asked: unknown[] = [];
    element.scrollIntoView = (options) => void asked.push(options);
    document.body.append(element);
    expect(bringIntoSight(element)).toBe(true);
    expect(asked).toEqual([{ block: "nearest" }]);
    expect(document.activeElement).toBe(element);
  });
});
