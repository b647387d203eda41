/** Which theme the host shows, and a call whenever that changes. */
import type { ThemeName } from "./palette.js";

const HOST_ATTRIBUTES = ["data-jp-theme-light", "data-vscode-theme-kind", "data-theme", "class"];

/** What one element of the host says about its theme; null when it says nothing. */
function themeSaidBy(element: Element): ThemeName | null {
  const jupyter = element.getAttribute("data-jp-theme-light");
  if (jupyter !== null) return jupyter === "false" ? "dark" : "light";
  const vscode = element.getAttribute("data-vscode-theme-kind") ?? "";
  const names = [vscode, element.getAttribute("data-theme") ?? "", ...element.classList];
  for (const name of names) {
    if (/^(vscode-)?(high-contrast-light|light)$/.test(name)) return "light";
    if (/^(vscode-)?(dark|high-contrast)$/.test(name)) return "dark";
  }
  return null;
}

function darkQuery(): MediaQueryList | null {
  return typeof globalThis.matchMedia === "function"
    ? globalThis.matchMedia("(prefers-color-scheme: dark)")
    : null;
}

/** Theme of the nearest ancestor that names one, then of the page, then of the system. */
export function detectTheme(element: Element = document.body): ThemeName {
  for (let at: Element | null = element; at !== null; at = at.parentElement) {
    const said = themeSaidBy(at);
    if (said !== null) return said;
  }
  const page = themeSaidBy(document.body) ?? themeSaidBy(document.documentElement);
  return page ?? (darkQuery()?.matches === true ? "dark" : "light");
}

/** Call `onChange` with the new theme each time it differs from the last one, until `signal` aborts. */
export function watchTheme(
  onChange: (theme: ThemeName) => void,
  signal: AbortSignal,
  element: Element = document.body,
): void {
  if (signal.aborted) return;
  let last = detectTheme(element);
  const check = (): void => {
    const now = detectTheme(element);
    if (now === last) return;
    last = now;
    onChange(now);
  };
  const observer = new MutationObserver(check);
  for (const watched of [document.body, document.documentElement]) {
    observer.observe(watched, { attributes: true, attributeFilter: HOST_ATTRIBUTES });
  }
  darkQuery()?.addEventListener("change", check, { signal });
  signal.addEventListener("abort", () => {
    observer.disconnect();
  });
}
