import { describe, expect, it } from "vitest";
import type { Region } from "./coords.js";
import {
  broadcastChoice,
  broadcastRegion,
  joinScope,
  lastSeq,
  nextSeq,
  raiseSeq,
  revealOther,
  type ScopeMember,
} from "./scopes.js";

const REGION: Region = { chrom: "20", start: 10, end: 20 };

function member(): ScopeMember & { seen: [Region, number][] } {
  const seen: [Region, number][] = [];
  return { seen, applyRegion: (region, seq) => void seen.push([region, seq]) };
}

describe("scopes", () => {
  it("move every other member and not the touched one", () => {
    const [a, b, c, other] = [member(), member(), member(), member()];
    const leave = [a, b, c].map((one) => joinScope("s1", one));
    leave.push(joinScope("s2", other));
    broadcastRegion("s1", a, REGION, nextSeq("s1"));
    expect(a.seen).toEqual([]);
    expect(b.seen).toEqual([[REGION, 1]]);
    expect(c.seen).toEqual([[REGION, 1]]);
    expect(other.seen).toEqual([]);
    for (const one of leave) one();
  });

  it("hang on the page under a registered symbol, so that two bundles meet", () => {
    const leave = joinScope("s3", member());
    const page = globalThis as unknown as Record<symbol, Map<string, unknown>>;
    expect(page[Symbol.for("locuscope.scopes.v1")]?.has("s3")).toBe(true);
    leave();
    expect(page[Symbol.for("locuscope.scopes.v1")]?.has("s3")).toBe(false);
  });

  it("count gestures per scope and never backwards", () => {
    const leave = joinScope("s4", member());
    expect(lastSeq("s4")).toBe(0);
    expect([nextSeq("s4"), nextSeq("s4")]).toEqual([1, 2]);
    raiseSeq("s4", 9);
    raiseSeq("s4", 3);
    expect(lastSeq("s4")).toBe(9);
    expect(nextSeq("s4")).toBe(10);
    leave();
    expect(lastSeq("s4")).toBe(0);
  });

  it("survive a member that leaves while it is told", () => {
    const b = member();
    const leaveB = joinScope("s5", b);
    const quitter: ScopeMember = { applyRegion: () => undefined };
    const leaveQuitter = joinScope("s5", {
      applyRegion: () => {
        leaveB();
      },
    });
    broadcastRegion("s5", quitter, REGION, 1);
    expect(b.seen).toHaveLength(1);
    leaveQuitter();
  });

  it("say nothing to a scope without members", () => {
    expect(() => {
      broadcastRegion("nobody", member(), REGION, 1);
    }).not.toThrow();
    expect(nextSeq("nobody")).toBe(1);
  });

  it("pass a choice of tracks on to members that can follow one", () => {
    const seen: unknown[] = [];
    const [touched, follower] = [
      { applyChoice: () => void seen.push("touched") },
      { applyChoice: (choice: unknown) => void seen.push(choice) },
    ];
    const leave = [touched, follower, member()].map((one) => joinScope("s5", one));
    const choice = { filters: { strand: { in: ["+"] } }, query: "liver" };
    broadcastChoice("s5", touched, choice);
    expect(seen).toEqual([choice]);
    broadcastRegion("s5", touched, REGION, 1);
    for (const one of leave) one();
    broadcastChoice("s5", touched, choice);
    expect(seen).toHaveLength(1);
  });

  it("bring one other member into sight, where one shows tracks", () => {
    const shown: string[] = [];
    const reveal = (name: string) => () => {
      shown.push(name);
      return true;
    };
    const [panel, blind, first, second] = [
      {},
      { reveal: () => false },
      { reveal: reveal("first") },
      { reveal: reveal("second") },
    ];
    const leave = [panel, blind].map((one) => joinScope("s6", one));
    expect(revealOther("s6", panel)).toBe(false);
    leave.push(...[first, second].map((one) => joinScope("s6", one)));
    expect(revealOther("s6", panel)).toBe(true);
    expect(shown).toEqual(["first"]);
    for (const one of leave) one();
  });
});
