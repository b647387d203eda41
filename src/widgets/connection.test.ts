import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeKernel } from "../../ui-tests/gallery/fake_kernel.js";
import { FakeModel } from "../../ui-tests/gallery/fake_model.js";
import { Client } from "../core/wire.js";
import { Store } from "../ui/store.js";
import { load, settle, stateOf, type Loaded } from "../ui/testing/loaded.js";
import { Connection, CONNECTION_TIMES } from "./connection.js";

let loaded: Loaded;
beforeAll(async () => {
  loaded = await load();
});
beforeEach(() => {
  CONNECTION_TIMES.probeMs = 50;
});

function connected(isAlive: boolean, kernelState: "idle" | "saved" = "idle") {
  const kernel = new FakeKernel({ tracks: [] });
  kernel.isAlive = isAlive;
  const model = new FakeModel({}, kernel);
  const store = new Store(stateOf(loaded, { kernel: kernelState }));
  const leaving = new AbortController();
  const onReturn = vi.fn();
  const connection = new Connection(model, new Client(model), store, onReturn, leaving.signal);
  return { kernel, model, store, leaving, onReturn, connection };
}

describe("a closed comm", () => {
  it("is said at once and stays said while nothing answers", async () => {
    const { model, store } = connected(false);
    model.emit("comm_live_update");
    expect(store.get().kernel).toBe("restarted");
    await settle(120);
    expect(store.get().kernel).toBe("restarted");
  });

  it("is taken back when the kernel answers, and the view loads again", async () => {
    const { model, store, onReturn } = connected(true);
    model.emit("comm_live_update");
    await settle(40);
    expect(store.get().kernel).toBe("idle");
    expect(onReturn).toHaveBeenCalledOnce();
  });

  it("means nothing to a saved view", async () => {
    const { model, store } = connected(false, "saved");
    model.emit("comm:close");
    await settle(80);
    expect(store.get().kernel).toBe("saved");
  });
});

describe("a probe", () => {
  it("finds a silent kernel gone", async () => {
    const { store, connection } = connected(false);
    connection.probe();
    await settle(120);
    expect(store.get().kernel).toBe("gone");
  });

  it("of a living kernel changes nothing", async () => {
    const { store, connection, onReturn } = connected(true);
    connection.probe();
    await settle(120);
    expect(store.get().kernel).toBe("idle");
    expect(onReturn).not.toHaveBeenCalled();
  });
});

it("stops listening when the view goes", () => {
  const { model, store, leaving } = connected(false);
  leaving.abort();
  model.emit("comm_live_update");
  expect(store.get().kernel).toBe("idle");
});
