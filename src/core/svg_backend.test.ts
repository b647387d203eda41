import { describe, expect, it } from "vitest";
import { Scene } from "./scene.js";
import { escapeXml, writeSvg } from "./svg_backend.js";
import { packed } from "./oklab.js";
import { between, seeded } from "./testing/random.js";

const HOSTILE = [
  "<img src=x onerror=alert(1)>",
  "</script><script>alert(1)</script>",
  "</text></svg><script>",
  '"><iframe srcdoc=x>',
  "' onload='alert(1)",
  "&lt;b&gt; &amp; &#0;",
  "]]><![CDATA[",
  "nul\u0000bell\u0007\ud800lone",
  "日本 🧬 \u202e",
];

/** happy-dom's XML parser is strict enough to fail on a broken document. */
function parsed(svg: string): Document {
  const document = new DOMParser().parseFromString(svg, "image/svg+xml");
  expect(document.querySelector("parsererror")).toBeNull();
  return document;
}

describe("text", () => {
  it.each(HOSTILE)("stays text: %j", (text) => {
    const scene = new Scene(100, 20);
    scene.text(1, 10, text, { size: 12, fill: "#000000" });
    const svg = writeSvg(scene, { title: text });
    expect(svg).not.toMatch(/<(img|script|iframe)/);
    // eslint-disable-next-line no-control-regex -- forbidden in XML
    expect(svg).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/);
    expect(svg.match(/<text /g)).toHaveLength(1);
    const [written] = /(?<=<text[^>]*>)[^<]*/.exec(svg) ?? [""];
    expect(written).toBe(escapeXml(text));
  });

  it("is escaped in all five characters", () => {
    expect(escapeXml(`<>&"'`)).toBe("&lt;&gt;&amp;&quot;&#39;");
  });

  it("keeps pairs of surrogates", () => {
    expect(escapeXml("🧬")).toBe("🧬");
    expect(escapeXml("\ud83e")).toBe("\ufffd");
  });

  it("carries its style", () => {
    const scene = new Scene(10, 10);
    const style = { size: 12, weight: 600, italic: true, fill: "#123456", anchor: "end" } as const;
    scene.text(1.23456, 2, "x", { ...style, family: "code" });
    const svg = writeSvg(scene, { title: "t" });
    expect(svg).toContain('x="1.235"');
    expect(svg).toContain('font-weight="600"');
    expect(svg).toContain('font-style="italic"');
    expect(svg).toContain('text-anchor="end"');
    expect(svg).toContain("monospace");
  });
});

describe("shapes", () => {
  it("are one element each, in order, on the background", () => {
    const scene = new Scene(100, 50);
    scene.rect(1, 2, 3, 4, { fill: "#112233", stroke: "#445566", radius: 2 });
    scene.line(0, 0.5, 5, 0.5, "#000000", 2);
    scene.path([["M", 0, 0], ["L", 1.5, 1], ["Z"]], { fill: "#ffffff" });
    scene.circle(5, 5, 2, { stroke: "#ffffff", strokeWidth: 1.5 });
    const document = parsed(writeSvg(scene, { title: "chr20", background: "#14171a" }));
    const names = [...(document.documentElement.children as Iterable<Element>)].map((element) => {
      return element.tagName.toLowerCase();
    });
    expect(names).toEqual(["title", "rect", "rect", "line", "path", "circle"]);
    const [ground, rect] = document.querySelectorAll("rect");
    expect(ground?.getAttribute("fill")).toBe("#14171a");
    expect(rect?.getAttribute("rx")).toBe("2");
    expect(rect?.getAttribute("stroke-width")).toBe("1");
    expect(document.querySelector("path")?.getAttribute("d")).toBe("M0 0L1.5 1Z");
    expect(document.querySelector("circle")?.getAttribute("fill")).toBe("none");
    expect(document.documentElement.getAttribute("viewBox")).toBe("0 0 100 50");
  });
});

/** Fill the path elements of the document back into pixels. */
function repainted(svg: string, width: number, height: number): Uint32Array {
  const pixels = new Uint32Array(width * height);
  for (const path of svg.matchAll(/<path fill="(#[0-9a-f]{6})" d="([^"]*)"/g)) {
    for (const run of (path[2] ?? "").matchAll(/M(\d+) (\d+)h(\d+)v(\d+)h-\d+z/g)) {
      const [x = 0, y = 0, w = 0, h = 0] = run.slice(1).map(Number);
      for (let row = y; row < y + h; row += 1) {
        pixels.fill(packed(path[1] ?? ""), row * width + x, row * width + x + w);
      }
    }
  }
  return pixels;
}

describe("pixels", () => {
  it("become paths that cover exactly the same pixels, 50 times", () => {
    const random = seeded(13);
    const colours = [0, 0, packed("#c24a00"), packed("#6e7781"), packed("#dde3e9")];
    for (let round = 0; round < 50; round += 1) {
      const [width, height] = [between(random, 1, 40), between(random, 1, 30)];
      const pixels = Uint32Array.from({ length: width * height }, () => {
        return colours[between(random, 0, 4)] ?? 0;
      });
      const scene = new Scene(width, height);
      scene.image({ x: 0, y: 0, w: width, h: height }, pixels, width, height);
      const svg = writeSvg(scene, { title: "t" });
      expect(repainted(svg, width, height)).toEqual(pixels);
    }
  });

  it("are joined over equal neighbours", () => {
    const pixels = new Uint32Array(100 * 10).fill(packed("#c24a00"));
    const scene = new Scene(50, 5);
    scene.image({ x: 3, y: 4, w: 50, h: 5 }, pixels, 100, 10);
    const svg = writeSvg(scene, { title: "t" });
    expect(svg).toContain('d="M0 0h100v10h-100z"');
    expect(svg).toContain('transform="translate(3 4) scale(0.5 0.5)"');
    expect(svg).toContain("crispEdges");
  });
});
