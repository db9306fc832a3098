import { attend } from "./attend.ts";
import { attendBack } from "./attend-back.ts";
import { contract } from "./contract.ts";
import type { EngineRecord } from "./engine-record.ts";
import { map } from "./map.ts";
import { row } from "./row.ts";
import { scatter } from "./scatter.ts";

/** The engines, by their kinds: a new one is a file beside these and a line here. */
const engines = { map, row, contract, attend, "attend-back": attendBack, scatter };

export type EngineKind = keyof typeof engines;

/** The engine of a kind, or of any. */
export type Engine<K extends EngineKind = EngineKind> = {
  [N in EngineKind]: (typeof engines)[N] extends EngineRecord<infer E> ? E : never;
}[K];

export const engineKinds = Object.keys(engines) as readonly EngineKind[];

/** The record of an engine: the kind that it names is its own. */
export function recordOf({ kind }: Engine): EngineRecord<Engine> {
  return engines[kind];
}

/** Narrows a kernel, or whatever has an engine, to those of one kind. */
export function isEngine<K extends EngineKind, T extends { readonly engine: Engine }>(
  one: T,
  kind: K,
): one is T & { readonly engine: Engine<K> } {
  return one.engine.kind === kind;
}
