/**
 * Writes a scene as SVG: text stays text, and pixel lanes become paths of whole pixels, so that
 * the file shows the same picture as the canvas. All text from data is escaped.
 */
import { hexOf } from "./oklab.js";
import { FONTS, type ImageItem, type Paint, type Scene, type SceneItem } from "./scene.js";

export interface SvgOptions {
  /** Says what is shown, for screen readers and file viewers. */
  readonly title: string;
  readonly background?: string;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Characters that XML 1.0 forbids even as references, lone surrogates included. */
// eslint-disable-next-line no-control-regex -- these are the characters to find
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu;

/** Text that is safe in XML content and in quoted attributes. */
export function escapeXml(text: string): string {
  return text.replace(FORBIDDEN, "\ufffd").replace(/[&<>"']/g, (c) => ENTITIES[c] ?? c);
}

/** At most three decimals, without a trailing zero. */
function short(value: number): string {
  return String(Math.round(value * 1_000) / 1_000);
}

function attributes(values: Readonly<Record<string, string | number | undefined>>): string {
  return Object.entries(values)
    .filter((entry): entry is [string, string | number] => entry[1] !== undefined)
    .map(([name, value]) => {
      const text = typeof value === "number" ? short(value) : escapeXml(value);
      return ` ${name}="${text}"`;
    })
    .join("");
}

function paintOf(paint: Paint): Record<string, string | number | undefined> {
  return {
    fill: paint.fill ?? "none",
    stroke: paint.stroke,
    "stroke-width": paint.stroke === undefined ? undefined : (paint.strokeWidth ?? 1),
  };
}

/** A complete SVG document. */
export function writeSvg(scene: Scene, options: SvgOptions): string {
  const { width, height } = scene;
  const root = attributes({
    xmlns: "http://www.w3.org/2000/svg",
    width,
    height,
    viewBox: `0 0 ${short(width)} ${short(height)}`,
    role: "img",
    "font-family": FONTS.ui,
  });
  const ground =
    options.background === undefined
      ? []
      : [`<rect${attributes({ width, height, fill: options.background })}/>`];
  return [
    `<svg${root}>`,
    `<title>${escapeXml(options.title)}</title>`,
    ...ground,
    ...scene.items.map(writeItem),
    "</svg>",
    "",
  ].join("\n");
}

function writeItem(item: SceneItem): string {
  switch (item.kind) {
    case "rect": {
      const { x, y, w: width, h: height, radius: rx } = item;
      return `<rect${attributes({ x, y, width, height, rx, ...paintOf(item) })}/>`;
    }
    case "line": {
      const { x1, y1, x2, y2 } = item;
      return `<line${attributes({ x1, y1, x2, y2, ...paintOf(item), fill: undefined })}/>`;
    }
    case "path": {
      const d = item.steps
        .map(([step, x, y]) => (step === "Z" ? "Z" : `${step}${short(x)} ${short(y)}`))
        .join("");
      return `<path${attributes({ d, ...paintOf(item) })}/>`;
    }
    case "circle": {
      const { cx, cy, r } = item;
      return `<circle${attributes({ cx, cy, r, ...paintOf(item) })}/>`;
    }
    case "text":
      return `<text${attributes({
        x: item.x,
        y: item.y,
        fill: item.fill,
        "font-size": item.size,
        "font-weight": item.weight === 600 ? 600 : undefined,
        "font-style": item.italic === true ? "italic" : undefined,
        "font-family": item.family === "code" ? FONTS.code : undefined,
        "text-anchor": item.anchor === "start" ? undefined : item.anchor,
      })}>${escapeXml(item.text)}</text>`;
    case "image":
      return writeImage(item);
  }
}

interface Run {
  readonly colour: number;
  readonly x: number;
  width: number;
  readonly y: number;
  readonly height: number;
}

/** One path per colour; transparent pixels are left out. */
function writeImage(item: ImageItem): string {
  const paths = new Map<number, string[]>();
  for (const { colour, x, y, width, height } of runsOf(item)) {
    const steps = paths.get(colour) ?? [];
    paths.set(colour, steps);
    steps.push(`M${x} ${y}h${width}v${height}h-${width}z`);
  }
  const scaleX = item.w / item.pxWidth;
  const scaleY = item.h / item.pxHeight;
  const place = attributes({
    transform: `translate(${short(item.x)} ${short(item.y)}) scale(${scaleX} ${scaleY})`,
    "shape-rendering": "crispEdges",
  });
  const body = [...paths].map(
    ([colour, steps]) => `<path${attributes({ fill: hexOf(colour), d: steps.join("") })}/>`,
  );
  return [`<g${place}>`, ...body, "</g>"].join("\n");
}

/** Vertical runs of one colour, equal ones of neighbouring columns joined. */
function runsOf({ pixels, pxWidth, pxHeight }: ImageItem): Run[] {
  const runs: Run[] = [];
  let open = new Map<string, Run>();
  for (let x = 0; x < pxWidth; x += 1) {
    const next = new Map<string, Run>();
    let y = 0;
    while (y < pxHeight) {
      const colour = pixels[y * pxWidth + x] as number;
      let end = y + 1;
      while (end < pxHeight && pixels[end * pxWidth + x] === colour) end += 1;
      if (colour >>> 24 !== 0) {
        const key = `${y} ${end} ${colour}`;
        const run = open.get(key) ?? { colour, x, width: 0, y, height: end - y };
        if (run.width === 0) runs.push(run);
        run.width += 1;
        next.set(key, run);
      }
      y = end;
    }
    open = next;
  }
  return runs;
}
