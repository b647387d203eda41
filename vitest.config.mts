/** Two projects: `core` (widgets, pure drawing maths) and `lab` (JupyterLab plugins in happy-dom). */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // A worker as a thread starts at once also where other programs keep the processors busy.
    pool: "threads",
    projects: [
      {
        extends: true,
        test: {
          name: "core",
          environment: "happy-dom",
          include: ["src/**/*.test.{ts,tsx}"],
          exclude: ["src/lab/**"],
        },
      },
      {
        extends: true,
        resolve: {
          alias: {
            "@jupyter/web-components": new URL(
              "./src/lab/testing/web_components.ts",
              import.meta.url,
            ).pathname,
            "@jupyter/react-components": new URL(
              "./src/lab/testing/web_components.ts",
              import.meta.url,
            ).pathname,
          },
        },
        test: {
          name: "lab",
          environment: "happy-dom",
          include: ["src/lab/**/*.test.ts"],
          server: { deps: { inline: [/@jupyter/, /@lumino/, /@microsoft/] } },
        },
      },
    ],
  },
});
