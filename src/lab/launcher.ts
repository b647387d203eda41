/** Launcher card: the tour as a new notebook in the current folder. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ILauncher } from "@jupyterlab/launcher";
import { ITranslator, nullTranslator } from "@jupyterlab/translation";
import { CommandIDs } from "./commands.js";

export const launcherPlugin: JupyterFrontEndPlugin<void> = {
  id: "locuscope:launcher",
  description: "A launcher card that opens the tour of locuscope.",
  autoStart: true,
  optional: [ILauncher, ITranslator],
  activate: (_: JupyterFrontEnd, launcher: ILauncher | null, translator: ITranslator | null) => {
    const trans = (translator ?? nullTranslator).load("locuscope");
    launcher?.add({
      command: CommandIDs.newStarter,
      category: trans.__("Notebook"),
      args: { name: "tour", isLauncher: true },
      rank: 10,
    });
  },
};
