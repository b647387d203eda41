/** The icon of locuscope: three peaks over a baseline, in the colour of the text around it. */
import { LabIcon } from "@jupyterlab/ui-components";

const svgstr = [
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="16">',
  '<g class="jp-icon3" fill="currentColor">',
  '<path d="M3 19h18v1.5H3z"/>',
  '<path d="M4 18l2-6 2 6zM9 18l3-14 3 14zM16 18l2-9 2 9z"/>',
  "</g></svg>",
].join("");

export const locuscopeIcon = new LabIcon({ name: "locuscope:icon", svgstr });
