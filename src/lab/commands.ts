/** Commands: open a starter notebook; in the palette under "Regulatory genomics". */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ICommandPalette } from "@jupyterlab/apputils";
import { IDefaultFileBrowser } from "@jupyterlab/filebrowser";
import { ITranslator, nullTranslator } from "@jupyterlab/translation";
import { locuscopeIcon } from "./icon.js";
import { copyStarter, loadStarters } from "./starters.js";

export const CommandIDs = { newStarter: "locuscope:new-starter" } as const;

const STARTER_ARGS = {
  type: "object",
  properties: {
    name: { type: "string", description: "Name of the starter, e.g. tour" },
    cwd: { type: "string", description: "Folder for the copy; the file browser's when left out" },
  },
};

/** Copy a starter into the current folder and open it; nothing is executed. */
async function openStarter(
  app: JupyterFrontEnd,
  args: { name?: unknown; cwd?: unknown },
  browserFolder: string,
): Promise<unknown> {
  const name = typeof args.name === "string" ? args.name : "tour";
  const cwd = typeof args.cwd === "string" ? args.cwd : browserFolder;
  const starters = await loadStarters();
  const starter = starters.find((each) => each.name === name);
  if (starter === undefined) {
    const known = starters.map((each) => each.name).join(", ");
    throw new Error(`There is no starter called ${name}; there are: ${known}.`);
  }
  const path = await copyStarter(app.serviceManager.contents, cwd, starter);
  return app.commands.execute("docmanager:open", { path, factory: "Notebook" });
}

export const commandsPlugin: JupyterFrontEndPlugin<void> = {
  id: "locuscope:commands",
  description: "Commands of locuscope: starter notebooks.",
  autoStart: true,
  optional: [ICommandPalette, IDefaultFileBrowser, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    palette: ICommandPalette | null,
    browser: IDefaultFileBrowser | null,
    translator: ITranslator | null,
  ) => {
    const trans = (translator ?? nullTranslator).load("locuscope");
    app.commands.addCommand(CommandIDs.newStarter, {
      label: (args) =>
        args["isLauncher"] === true
          ? trans.__("Regulatory workbench")
          : trans.__("Open the locuscope tour"),
      caption: trans.__("Predict, browse and score real tracks in a new notebook"),
      icon: locuscopeIcon,
      describedBy: { args: STARTER_ARGS },
      execute: (args) => openStarter(app, args, browser?.model.path ?? ""),
    });
    palette?.addItem({
      command: CommandIDs.newStarter,
      category: trans.__("Regulatory genomics"),
      args: { name: "tour" },
    });
  },
};
