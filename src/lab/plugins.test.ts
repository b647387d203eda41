import type { JupyterFrontEnd } from "@jupyterlab/application";
import { CommandRegistry } from "@lumino/commands";
import { describe, expect, it } from "vitest";
import plugins from "./index.js";
import { CommandIDs, commandsPlugin } from "./commands.js";
import { launcherPlugin } from "./launcher.js";

interface Opened {
  path: string;
  factory: string;
}

/** The parts of an application that our plugins touch, with a real command registry. */
function application(): { app: JupyterFrontEnd; opened: Opened[]; saved: string[] } {
  const commands = new CommandRegistry();
  const opened: Opened[] = [];
  const saved: string[] = [];
  commands.addCommand("docmanager:open", {
    execute: (args) => opened.push(args as unknown as Opened),
  });
  const contents = {
    get: () =>
      Promise.reject(
        Object.assign(new Error("no"), { response: new Response(null, { status: 404 }) }),
      ),
    save: (path: string) => {
      saved.push(path);
      return Promise.resolve({});
    },
  };
  const app = { commands, serviceManager: { contents } } as unknown as JupyterFrontEnd;
  return { app, opened, saved };
}

describe("plugins", () => {
  it("have unique ids and start with the page", () => {
    const ids = plugins.map((plugin) => plugin.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.every((id) => id.startsWith("locuscope:"))).toBe(true);
    expect(plugins.every((plugin) => plugin.autoStart === true)).toBe(true);
  });

  it("activate with every optional token absent", () => {
    const { app } = application();
    for (const plugin of plugins) {
      expect(() => plugin.activate(app, null, null, null)).not.toThrow();
    }
  });

  it("open a copy of the tour in the folder of the file browser", async () => {
    const { app, opened, saved } = application();
    await commandsPlugin.activate(app, null, { model: { path: "work" } }, null);
    await app.commands.execute(CommandIDs.newStarter, { name: "tour" });
    expect(saved).toEqual(["work/tour.ipynb"]);
    expect(opened).toEqual([{ path: "work/tour.ipynb", factory: "Notebook" }]);
  });

  it("say which starters there are when one is unknown", async () => {
    const { app } = application();
    await commandsPlugin.activate(app, null, null, null);
    const call = app.commands.execute(CommandIDs.newStarter, { name: "turo" });
    await expect(call).rejects.toThrow(/turo.*tour/);
  });

  it("add the card to the launcher and the command to the palette", async () => {
    const { app } = application();
    const cards: unknown[] = [];
    const items: unknown[] = [];
    const launcher = { add: (item: unknown) => cards.push(item) };
    const palette = { addItem: (item: unknown) => items.push(item) };
    await commandsPlugin.activate(app, palette, null, null);
    await launcherPlugin.activate(app, launcher, null);
    expect(cards).toHaveLength(1);
    expect(items).toHaveLength(1);
    expect(app.commands.label(CommandIDs.newStarter, { isLauncher: true })).toBe(
      "Regulatory workbench",
    );
  });
});
