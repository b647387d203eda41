/** The anywidget entry point of the track browser. */
import "../../style/track_browser.css";
import type { WidgetModel } from "./model_link.js";
import { TrackBrowserView } from "./track_browser_view.js";

export interface RenderContext {
  readonly model: WidgetModel;
  readonly el: HTMLElement;
}

/** Show a model in an element; the answer takes it away again. */
export function render({ model, el }: RenderContext): () => void {
  const view = new TrackBrowserView(model, el);
  return () => {
    view.close();
  };
}

export default { render };
