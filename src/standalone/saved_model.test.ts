import { describe, expect, it, vi } from "vitest";
import { RecordedKernel } from "./recorded_kernel.js";
import { SavedModel } from "./saved_model.js";
import { recordView } from "./testing/recording.js";

describe("a saved model", () => {
  it("holds traits and says when they change", () => {
    const model = new SavedModel({ mode: "ref" }, new RecordedKernel([]));
    const changed = vi.fn();
    model.on("change:mode", changed);
    model.set("mode", "diff");
    model.save_changes();
    expect(model.get("mode")).toBe("diff");
    model.off("change:mode", changed);
    model.set("mode", "ref");
    expect(changed).toHaveBeenCalledOnce();
    expect(model.widget_manager).toBeNull();
  });

  it("answers messages from the record, and says which it has not", async () => {
    const model = new SavedModel({}, new RecordedKernel(await recordView()));
    const heard = vi.fn();
    model.on("msg:custom", heard);
    model.send({ v: 1, id: 1, type: "catalog" });
    model.send({ v: 1, id: 2, type: "sequence", start: 0, end: 9 });
    model.send({ v: 1, id: 3, type: "cancel" });
    await Promise.resolve();
    await Promise.resolve();
    expect(heard.mock.calls.map(([header]) => header as Record<string, unknown>)).toMatchObject([
      { id: 1, ok: true, n: 11 },
      { id: 2, ok: false, code: "no_kernel_data" },
    ]);
  });
});
