/** The anywidget entry point of the facet panel. */
import "../../style/facet_panel.css";
import { FacetPanelView } from "./facet_panel_view.js";
import type { WidgetModel } from "./model_link.js";

export interface RenderContext {
  readonly model: WidgetModel;
  readonly el: HTMLElement;
}

/** Show a model in an element; the answer takes it away again. */
export function render({ model, el }: RenderContext): () => void {
  const view = new FacetPanelView(model, el);
  return () => {
    view.close();
  };
}

export default { render };
