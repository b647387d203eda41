/**
 * Views that share a `scope` move together, also without a kernel. The registry hangs on the page
 * under a registered symbol because every widget brings its own copy of this module.
 */
import type { Region } from "./coords.js";
import type { FilterState } from "./filters.js";

/** Which tracks a view lets through. */
export interface TrackChoice {
  readonly filters: FilterState;
  readonly query: string;
}

/** What a view can follow; a page may hold views of older programs, which can do less. */
export interface ScopeMember {
  /** Show `region`; `seq` orders the gestures of one scope. */
  applyRegion?(region: Region, seq: number): void;
  /** Let the same tracks through; the member tells its own kernel side, and nobody else. */
  applyChoice?(choice: TrackChoice): void;
  /** Come into sight; false where the view shows no tracks. */
  reveal?(): boolean;
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
  for (const member of others(name, from)) member.applyRegion?.(region, seq);
}

function others(name: string, from: ScopeMember): ScopeMember[] {
  return [...(registry().get(name)?.members ?? [])].filter((member) => member !== from);
}

/** Let every other member of the scope show the same tracks. */
export function broadcastChoice(name: string, from: ScopeMember, choice: TrackChoice): void {
  for (const member of others(name, from)) member.applyChoice?.(choice);
}

/** Bring the first other member that shows tracks into sight; false when there is none. */
export function revealOther(name: string, from: ScopeMember): boolean {
  return others(name, from).some((member) => member.reveal?.() === true);
}
