/** Which program shows a widget, for greetings and reports. */

export const CLIENT_VERSION = "0.1.0";

/** For reports: the program and its host. */
export function programName(): string {
  return `locuscope ${CLIENT_VERSION}, ${hostName()}`;
}

/** Which notebook shows this page. */
export function hostName(): string {
  if (document.querySelector("script#jupyter-config-data, .jp-LabShell") !== null)
    return "jupyterlab";
  if (document.body.hasAttribute("data-vscode-theme-kind")) return "vscode";
  return "page";
}
