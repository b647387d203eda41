/** The JupyterLab extension: one plugin a file, each one idea. */
import type { JupyterFrontEndPlugin } from "@jupyterlab/application";
import { commandsPlugin } from "./commands.js";
import { launcherPlugin } from "./launcher.js";

const plugins: JupyterFrontEndPlugin<void>[] = [commandsPlugin, launcherPlugin];

export default plugins;
