import { afterEach, describe, expect, it } from "vitest";
import { press, settle } from "../ui/testing/loaded.js";
import { CONNECTION_TIMES } from "./connection.js";
import { mount, ready, until } from "./testing/mounted.js";
import {
  fewRows,
  mountPanel,
  panelReady,
  valueIn,
  type MountedPanel,
} from "./testing/mounted_panel.js";

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
  document.body.replaceChildren();
});

async function shown(...args: Parameters<typeof mountPanel>): Promise<MountedPanel> {
  const view = mountPanel(...args);
  open.push(view.close);
  await panelReady(view);
  return view;
}

function count(view: MountedPanel): string {
  return view.root.querySelector("[data-testid=lsc-facet-count]")?.textContent ?? "";
}

function button(view: MountedPanel, testId: string): HTMLElement {
  const found = view.root.querySelector<HTMLElement>(`[data-testid="${testId}"]`);
  if (found === null) throw new Error(`no ${testId}`);
  return found;
}

describe("a facet panel", () => {
  it("asks for the greeting and the catalog only, and shows its headings", async () => {
    const view = await shown();
    expect(view.root.dataset["state"]).toBe("ready");
    expect([...view.kernel.counts.keys()]).toEqual(["hello", "catalog"]);
    const n = fewRows().length;
    expect(count(view)).toBe(`${n} of ${n} tracks`);
    expect(view.root.querySelectorAll("section")).toHaveLength(16);
  });

  it("filters at once and tells Python filters and count after a short rest", async () => {
    const view = await shown();
    valueIn(view, "assay_title", "ATAC-seq").click();
    valueIn(view, "assay_title", "DNase-seq").click();
    await settle(5);
    const n = fewRows().filter(({ assay_title: assay }) =>
      ["ATAC-seq", "DNase-seq"].includes(String(assay)),
    ).length;
    expect(count(view)).toBe(`${n} of ${fewRows().length} tracks`);
    await settle(150);
    expect(view.model.traits["filters"]).toEqual({
      assay_title: { in: ["ATAC-seq", "DNase-seq"] },
    });
    expect(view.model.traits["result_count"]).toBe(n);
    expect(view.model.saved.length).toBeLessThan(4);
  });

  it("follows Python without telling the same again", async () => {
    const view = await shown();
    await settle(100);
    const before = view.model.saved.length;
    view.model.set("filters", { strand: { in: ["+"] } });
    view.model.set("query", "k562");
    await settle(150);
    expect(valueIn(view, "strand", "+").dataset["state"]).toBe("in");
    const told = view.model.saved.slice(before).flatMap((saved) => Object.keys(saved));
    expect(told.filter((name) => name === "filters" || name === "query").length).toBe(
      // The fake host counts what Python set as changed at the next save.
      2,
    );
    const box = button(view, "lsc-facet-search") as HTMLInputElement;
    await until(() => box.value === "k562", "the box to follow");
  });

  it("says what matches half a second after the last change", async () => {
    const view = await shown();
    valueIn(view, "strand", "+").click();
    await settle(200);
    expect(button(view, "lsc-spoken").textContent).toBe("");
    await settle(450);
    expect(button(view, "lsc-spoken").textContent).toMatch(/^\d+ of \d+ tracks match$/);
  });

  it("shows the code of the choice, keeps it in step, and closes it with Escape", async () => {
    const view = await shown();
    button(view, "lsc-copy-python").click();
    await settle();
    expect(button(view, "lsc-python").textContent).toBe("catalog");
    valueIn(view, "assay_title", "ATAC-seq").click();
    await settle();
    expect(button(view, "lsc-python").textContent).toBe('catalog.select(assay_title="ATAC-seq")');
    press(view.root, "Escape");
    await settle();
    expect(view.root.querySelector("[data-testid=lsc-python]")).toBeNull();
  });

  it("asks Python to show the tracks where that has an effect", async () => {
    const view = await shown();
    press(view.root, "Enter", { ctrlKey: true });
    expect(view.kernel.shown).toEqual([{ v: 1, type: "show" }]);
    view.model.set("capabilities", { show: false });
    await settle();
    expect(view.root.querySelector("[data-testid=lsc-show]")).toBeNull();
    press(view.root, "Enter", { ctrlKey: true });
    expect(view.kernel.shown).toHaveLength(1);
  });

  it("says in words that nothing matches, that there is nothing, and that loading failed", async () => {
    const none = await shown({}, { filters: { strand: { in: [] } } });
    expect(none.root.dataset["state"]).toBe("empty");
    expect(button(none, "lsc-card").textContent).toContain("No tracks match Strand none");
    button(none, "lsc-card").querySelector("button")?.click();
    await settle();
    expect(none.root.dataset["state"]).toBe("ready");
    const empty = await shown({ rows: [] });
    expect(button(empty, "lsc-card").textContent).toContain("This panel holds no tracks.");
    const failed = await shown({
      failing: { catalog: { code: "internal", message: "It broke (ValueError)." } },
    });
    expect(failed.root.dataset["state"]).toBe("error");
    expect(button(failed, "lsc-card").textContent).toContain("It broke (ValueError).");
  });

  it("filters on without a kernel and says so", async () => {
    CONNECTION_TIMES.probeMs = 30;
    const view = await shown();
    view.kernel.isAlive = false;
    view.model.emit("comm_live_update");
    await settle(80);
    expect(view.root.dataset["state"]).toBe("disconnected");
    expect(button(view, "lsc-notice").textContent).toContain("Kernel restarted");
    valueIn(view, "assay_title", "ATAC-seq").click();
    await settle();
    expect(count(view)).not.toBe(`${fewRows().length} of ${fewRows().length} tracks`);
  });

  it("changes its theme with the host and leaves nothing behind", async () => {
    const view = await shown();
    view.model.set("theme", "dark");
    expect(view.root.dataset["lscTheme"]).toBe("dark");
    view.close();
    expect(view.model.listenerCount).toBe(0);
    expect(view.host.children).toHaveLength(0);
  });
});

describe("a panel and a browser of one scope", () => {
  it("hold the same choice, each telling its own Python side once", async () => {
    const browser = mount({}, { scope: "linked", visible: [0, 1] });
    open.push(browser.close);
    await ready(browser);
    const view = await shown({}, { scope: "linked", info: { receiver: "out" } });
    valueIn(view, "strand", "+").click();
    await settle(150);
    const choice = { strand: { in: ["+"] } };
    expect(browser.model.traits["filters"]).toEqual(choice);
    expect(browser.model.traits["visible"]).toEqual([]);
    expect(view.model.traits["filters"]).toEqual(choice);
    browser.root
      .querySelector<HTMLElement>('[data-field="strand"][data-value="-"]')
      ?.dispatchEvent(new MouseEvent("click", { bubbles: true, altKey: true }));
    await settle(150);
    const next = { strand: { in: ["+"], not: ["-"] } };
    expect(view.model.traits["filters"]).toEqual(next);
    expect(valueIn(view, "strand", "-").dataset["state"]).toBe("out");
    const saves = [view.model.saved.length, browser.model.saved.length];
    await settle(200);
    expect([view.model.saved.length, browser.model.saved.length]).toEqual(saves);
  });
});
