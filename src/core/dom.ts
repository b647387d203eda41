/** Elements made without markup: text is set as text, attributes come from a fixed list. */
import { cleanText } from "./display_text.js";

export type Child = Node | string | null | undefined;

type Listener = (event: Event) => void;

export interface Props {
  /** Fixed class names of ours; text from data never becomes a class. */
  readonly class?: string;
  readonly text?: string;
  readonly attrs?: Readonly<Record<string, string | number | boolean>>;
  readonly data?: Readonly<Record<string, string>>;
  readonly style?: Readonly<Record<string, string>>;
  readonly on?: Readonly<Record<string, Listener>>;
  /** Ends all listeners of `on`. */
  readonly signal?: AbortSignal;
}

const SAFE_ATTRIBUTES = new Set([
  "alt",
  "dir",
  "disabled",
  "for",
  "height",
  "hidden",
  "id",
  "lang",
  "max",
  "min",
  "name",
  "placeholder",
  "role",
  "spellcheck",
  "step",
  "tabindex",
  "title",
  "type",
  "value",
  "width",
]);

function setAttribute(element: Element, name: string, value: string | number | boolean): void {
  if (!SAFE_ATTRIBUTES.has(name) && !/^aria-[a-z]+$/.test(name)) {
    throw new TypeError(`the attribute ${name} is not on the list of safe attributes`);
  }
  if (typeof value !== "boolean" || name.startsWith("aria-")) {
    element.setAttribute(name, String(value));
  } else if (value) {
    element.setAttribute(name, "");
  }
}

/** Build one element: `h("button", {class: "lsc-button", on: {click}}, "Clear")`. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (props.class !== undefined) element.className = props.class;
  if (props.text !== undefined) element.textContent = props.text;
  for (const [name, value] of Object.entries(props.attrs ?? {})) setAttribute(element, name, value);
  for (const [name, value] of Object.entries(props.data ?? {})) element.dataset[name] = value;
  for (const [name, value] of Object.entries(props.style ?? {})) {
    element.style.setProperty(name, value);
  }
  const options = props.signal === undefined ? {} : { signal: props.signal };
  for (const [name, listener] of Object.entries(props.on ?? {})) {
    element.addEventListener(name, listener, options);
  }
  for (const child of children) if (child !== null && child !== undefined) element.append(child);
  return element;
}

/** The address when it is https, else null: data never chooses another scheme. */
export function safeUrl(address: string): string | null {
  try {
    const url = new URL(address);
    return url.protocol === "https:" ? url.href : null;
  } catch {
    return null;
  }
}

/** A link to an https address, plain text for every other address. */
export function linkTo(address: string, text: string): HTMLElement {
  const url = safeUrl(address);
  const shown = cleanText(text);
  if (url === null) return h("span", { text: shown });
  const link = h("a", { text: shown });
  link.href = url;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  return link;
}

/** Scroll to an element and give it the focus; true, for it is there. */
export function bringIntoSight(element: HTMLElement): true {
  element.scrollIntoView({ block: "nearest" });
  element.focus({ preventScroll: true });
  return true;
}
