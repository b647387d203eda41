import { afterEach, describe, expect, it } from "vitest";
import { CLIENT_VERSION, hostName, programName } from "./host.js";

afterEach(() => {
  document.body.replaceChildren();
  document.body.removeAttribute("data-vscode-theme-kind");
});

describe("the host", () => {
  it("is named after its marks on the page", () => {
    expect(hostName()).toBe("page");
    expect(programName()).toBe(`locuscope ${CLIENT_VERSION}, page`);
    document.body.setAttribute("data-vscode-theme-kind", "vscode-dark");
    expect(hostName()).toBe("vscode");
    const shell = document.createElement("div");
    shell.className = "jp-LabShell";
    document.body.append(shell);
    expect(hostName()).toBe("jupyterlab");
  });
});
