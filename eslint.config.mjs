import eslint from "@eslint/js";
import tseslint from "typescript-eslint";

const noMarkup = [
  ...["innerHTML", "outerHTML", "insertAdjacentHTML"].map((property) => ({
    property,
    message: "Text from data is set with textContent (src/core/dom.ts).",
  })),
  { object: "document", property: "write", message: "Never write markup." },
];

const everywhere = {
  "no-eval": "error",
  "no-new-func": "error",
  "no-restricted-properties": ["error", ...noMarkup],
  "no-restricted-syntax": [
    "error",
    {
      selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']",
      message: "Text from data is text, never HTML.",
    },
  ],
};

export default tseslint.config(
  {
    ignores: [
      "node_modules/",
      "**/node_modules/",
      "lib/",
      "python_pkg/",
      "demo-output/",
      "dist/",
      ".venv*/",
      "ui-tests/test-results/",
      "src/lab/starters.generated.ts",
    ],
  },
  eslint.configs.recommended,
  {
    files: ["src/**/*.{ts,tsx}"],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { project: ["./tsconfig.json", "./src/lab/tsconfig.check.json"] },
    },
    rules: {
      ...everywhere,
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
    },
  },
  {
    files: ["ui-tests/**/*.ts"],
    extends: [...tseslint.configs.recommended],
    rules: { ...everywhere, "@typescript-eslint/no-explicit-any": "error" },
  },
  {
    files: ["scripts/**/*.mjs", "bench/**/*.mjs", "ui-tests/**/*.mjs", "*.mjs"],
    languageOptions: {
      globals: Object.fromEntries(
        [
          "process", "console", "URL", "Buffer", "performance", "setTimeout", "clearTimeout",
          "document", "window", "Uint32Array", "ImageData", "requestAnimationFrame", "globalThis",
          "location", "fetch",
        ].map((name) => [name, "readonly"]),
      ),
    },
    rules: everywhere,
  },
);
