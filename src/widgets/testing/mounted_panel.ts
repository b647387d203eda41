/** A facet panel in happy-dom, over the gallery's fake kernel. */
import { fakeCatalog, type CatalogRow } from "../../../ui-tests/gallery/fake_catalog.js";
import {
  FakePanelKernel,
  type PanelKernelOptions,
} from "../../../ui-tests/gallery/fake_panel_kernel.js";
import { FakeModel } from "../../../ui-tests/gallery/fake_model.js";
import { panelTraits } from "../../../ui-tests/gallery/panel_scenes.js";
import { render } from "../facet_panel.js";
import { giveWidth, until } from "./mounted.js";

export interface MountedPanel {
  readonly model: FakeModel;
  readonly kernel: FakePanelKernel;
  readonly host: HTMLElement;
  readonly root: HTMLElement;
  readonly close: () => void;
}

let rows: CatalogRow[] | null = null;

/** A catalog of about two hundred tracks. */
export function fewRows(): CatalogRow[] {
  return (rows ??= fakeCatalog(200));
}

export function mountPanel(
  options: Partial<PanelKernelOptions> = {},
  changed: Record<string, unknown> = {},
): MountedPanel {
  giveWidth();
  const kernel = new FakePanelKernel({ rows: fewRows(), ...options });
  const traits = panelTraits({ title: "", kernel: kernel.options });
  const model = new FakeModel({ ...traits, ...changed }, kernel);
  const host = document.createElement("div");
  document.body.append(host);
  const close = render({ model, el: host });
  const root = host.querySelector<HTMLElement>("[data-testid=lsc-facet-panel]");
  if (root === null) throw new Error("the panel was not mounted");
  return { model, kernel, host, root, close };
}

export async function panelReady(view: MountedPanel): Promise<void> {
  await until(() => view.root.dataset["state"] !== "loading", "the panel to leave loading");
  await new Promise((resolve) => setTimeout(resolve, 30));
}

export function valueIn(view: MountedPanel, field: string, value: string): HTMLElement {
  const found = view.root.querySelector<HTMLElement>(
    `[data-field="${field}"][data-value="${value}"]`,
  );
  if (found === null) throw new Error(`no value ${value} of ${field}`);
  return found;
}
