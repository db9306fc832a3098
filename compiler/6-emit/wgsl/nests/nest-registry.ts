import { invariant } from "../../../diagnostics/internal-error.ts";
import type { Engine } from "../../../ir/kernel/engines/engine-registry.ts";
import type { EngineOf, LoopNest, NestKind } from "../../../ir/loop-nests.ts";
import type { KernelWriter } from "../writer/kernel-writer.ts";
import { writeAttendBackBroadcast } from "./attend/attend-back-broadcast.ts";
import { writeAttendBackDirect } from "./attend/attend-back-direct.ts";
import { writeAttendBroadcast } from "./attend/attend-broadcast.ts";
import { writeAttendDirect } from "./attend/attend-direct.ts";
import { writeAttendFew } from "./attend/attend-few.ts";
import { writeAttendSplit } from "./attend/attend-split.ts";
import { writeAttendTiled } from "./attend/attend-tiled.ts";
import { writeContractBroadcast } from "./contract/contract-broadcast.ts";
import { writeContractDirect } from "./contract/contract-direct.ts";
import { writeContractSubgroupMatrix } from "./contract/contract-subgroup-matrix.ts";
import { writeContractTiled } from "./contract/contract-tiled.ts";
import { writeContractVector } from "./contract/contract-vector.ts";
import { writeMap } from "./map.ts";
import { writeRow } from "./row.ts";
import { writeScatter } from "./scatter.ts";

/** A loop nest and the engine that it runs. */
interface NestWriter<N extends NestKind = NestKind> {
  readonly engine: EngineOf<N>;
  /** Writes the body of the kernel that `writer` has. */
  write(writer: KernelWriter, engine: Engine<EngineOf<N>>, nest: LoopNest<N>): void;
}

/** A line for each nest: one that is forgotten, or that runs another engine, does not compile. */
const nests: { readonly [N in NestKind]: NestWriter<N> } = {
  map: { engine: "map", write: writeMap },
  "row-invocation": { engine: "row", write: writeRow },
  "row-subgroup": { engine: "row", write: writeRow },
  "row-workgroup": { engine: "row", write: writeRow },
  "contract-direct": { engine: "contract", write: writeContractDirect },
  "contract-broadcast": { engine: "contract", write: writeContractBroadcast },
  "contract-vector": { engine: "contract", write: writeContractVector },
  "contract-tiled": { engine: "contract", write: writeContractTiled },
  "contract-subgroup-matrix": { engine: "contract", write: writeContractSubgroupMatrix },
  "attend-direct": { engine: "attend", write: writeAttendDirect },
  "attend-broadcast": { engine: "attend", write: writeAttendBroadcast },
  "attend-few": { engine: "attend", write: writeAttendFew },
  "attend-split": { engine: "attend", write: writeAttendSplit },
  "attend-back-direct": { engine: "attend-back", write: writeAttendBackDirect },
  "attend-back-broadcast": { engine: "attend-back", write: writeAttendBackBroadcast },
  "attend-tiled": { engine: "attend", write: writeAttendTiled },
  scatter: { engine: "scatter", write: writeScatter },
};

export const nestKinds = Object.keys(nests) as readonly NestKind[];

/** Writes a kernel as its nest prints it. */
export function writeNest(writer: KernelWriter): void {
  const { nest, kernel, workgroups } = writer.scheduled;
  // A kernel over an empty grid is never dispatched, and its text has nothing to say.
  if (workgroups.includes(0)) return;
  const own: NestWriter = nests[nest.kind];
  const { engine } = kernel;
  invariant(
    engine.kind === own.engine,
    `${kernel.name}: the nest ${nest.kind} cannot run the engine ${engine.kind}`,
  );
  own.write(writer, engine, nest);
}
