import { defineConfig } from "@playwright/test";

const port = process.env["LAB_PORT"] ?? "8899";
const galleryPort = process.env["GALLERY_PORT"] ?? "8898";
const flags = [
  "--no-sandbox",
  "--disable-dev-shm-usage",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
  "--disable-quic",
];
const lab = [
  "jupyter lab --config jupyter_server_test_config.py",
  `--port ${port} --ip 127.0.0.1 --ServerApp.port_retries=0 --no-browser`,
].join(" ");

export default defineConfig({
  testDir: "tests",
  workers: 1,
  retries: 0,
  timeout: 90_000,
  expect: { timeout: 15_000 },
  forbidOnly: true,
  reporter: [["list"], ["junit", { outputFile: "../test-results/ui.xml" }]],
  outputDir: "test-results",
  use: {
    trace: "retain-on-failure",
    viewport: { width: 1280, height: 800 },
    launchOptions: {
      executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
      args: flags,
    },
  },
  projects: [
    {
      name: "lab",
      testMatch: /lab_.*\.spec\.ts/,
      use: { baseURL: `http://127.0.0.1:${port}` },
    },
    {
      name: "gallery",
      testMatch: /gallery_.*\.spec\.ts/,
      use: { baseURL: `http://127.0.0.1:${galleryPort}` },
    },
  ],
  webServer: [
    {
      command: lab,
      url: `http://127.0.0.1:${port}/lab`,
      timeout: 120_000,
      reuseExistingServer: false,
    },
    {
      command: `node gallery/serve.mjs --port ${galleryPort}`,
      url: `http://127.0.0.1:${galleryPort}/`,
      timeout: 20_000,
      reuseExistingServer: false,
    },
  ],
});
