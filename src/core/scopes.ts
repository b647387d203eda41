/**
 * Views that share a `scope` move together, also without a kernel. The registry hangs on the page
 * under a registered symbol because every widget brings its own copy of this module.
 */
import type { Region } from "./coords.js";

export interface ScopeMember {
  /** Show `region`; `seq` orders the gestures of one scope. */
  applyRegion(region: Region, seq: number): void;
}

interface Scope {
  readonly members: Set<ScopeMember>;
  seq: number;
}

const KEY = Symbol.for("locuscope.scopes.v1");

function registry(): Map<string, Scope> {
  const page = globalThis as unknown as Record<symbol, Map<string, Scope> | undefined>;
  return (page[KEY] ??= new Map<string, Scope>());
}

/** Add a view to a scope; the returned function takes it out again. */
export function joinScope(name: string, member: ScopeMember): () => void {
  const scopes = registry();
  const scope = scopes.get(name) ?? { members: new Set<ScopeMember>(), seq: 0 };
  scopes.set(name, scope);
  scope.members.add(member);
  return () => {
    scope.members.delete(member);
    if (scope.members.size === 0 && scopes.get(name) === scope) scopes.delete(name);
  };
}

/** Number of the last gesture in the scope; a kernel echo with `seq` at or below it is dropped. */
export function lastSeq(name: string): number {
  return registry().get(name)?.seq ?? 0;
}

/** Count one gesture and return its number. */
export function nextSeq(name: string): number {
  const scope = registry().get(name);
  if (scope === undefined) return 1;
  scope.seq += 1;
  return scope.seq;
}

/** A kernel may be ahead after a page reload: later gestures must count on from its number. */
export function raiseSeq(name: string, seq: number): void {
  const scope = registry().get(name);
  if (scope !== undefined && seq > scope.seq) scope.seq = seq;
}

/** Move every other member of the scope in the same animation frame. */
export function broadcastRegion(
  name: string,
  from: ScopeMember,
  region: Region,
  seq: number,
): void {
  for (const member of [...(registry().get(name)?.members ?? [])]) {
    if (member !== from) member.applyRegion(region, seq);
  }
}
