import type { EngineKind } from "../../../ir/kernel/engines/engine-registry.ts";
import { fusedAttend } from "./attend.ts";
import { fusedAttendBack } from "./attend-back.ts";
import { fusedContract } from "./contract.ts";
import type { FusedEngine } from "./fused-engine.ts";
import { fusedMap } from "./map.ts";
import { fusedRow } from "./row.ts";
import { fusedScatter } from "./scatter.ts";

/** A line for each engine: one that is forgotten does not compile. */
const fused: { readonly [K in EngineKind]: FusedEngine<K> } = {
  map: fusedMap,
  row: fusedRow,
  contract: fusedContract,
  attend: fusedAttend,
  "attend-back": fusedAttendBack,
  scatter: fusedScatter,
};

/** What fusion knows of an engine. */
export function fusedEngine(kind: EngineKind): FusedEngine {
  return fused[kind];
}
