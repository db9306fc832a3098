import { rightsOf } from "../../ir/kernel/engines/contract.ts";
import type { Engine } from "../../ir/kernel/engines/engine-registry.ts";
import { unflatten } from "../../ir/kernel/flat-axes.ts";
import type { KernelTensor } from "../../ir/kernel/kernel-tensor.ts";
import { extentOfAll } from "../../ir/kernel/loop-axes.ts";
import { AccessPatterns, fourPositions } from "../schedules/access-pattern.ts";
import { contractBroadcast } from "../schedules/contract-broadcast.ts";
import { contractDirect } from "../schedules/contract-direct.ts";
import { contractSubgroupMatrix } from "../schedules/contract-subgroup-matrix.ts";
import { contractTiled } from "../schedules/contract-tiled.ts";
import { contractVector } from "../schedules/contract-vector.ts";
import type { EngineScheduling } from "./engine-scheduling.ts";
import { bucketOf, storageOf, tensorsIn } from "./tuning-key.ts";

export const contractScheduling: EngineScheduling<"contract"> = {
  schedules: [
    contractVector,
    contractSubgroupMatrix,
    contractTiled,
    contractBroadcast,
    contractDirect,
  ],
  tuning: {
    key(engine, tensors) {
      const sizes = [engine.batch, engine.rows, engine.inner, engine.columns].map(extentOfAll);
      if (sizes.includes(0)) return undefined;
      const [batch = 0, rows = 0, inner, columns] = sizes;
      const rights = rightsOf(engine);
      const statistics = engine.statistics?.length ?? 0;
      return [
        `contract ${bucketOf(rows)}x${inner}x${columns}`,
        ...(batch > 1 ? [`batch ${bucketOf(batch)}`] : []),
        ...(rights.length > 1 ? [`products ${rights.length}`] : []),
        ...(statistics > 0 ? [`statistics ${statistics}`] : []),
        `of ${storageOf([engine.left], tensors)} by ${storageOf(rights, tensors)}`,
        layoutOf(engine, tensors),
      ];
    },
    grid(engine) {
      const [rows, columns] = [extentOfAll(engine.rows), extentOfAll(engine.columns)];
      const all = rows + columns * rightsOf(engine).length;
      return { rows, columns, leftShare: rows / Math.max(1, all) };
    },
  },
  packing: {
    operands: (engine) => [engine.left, ...rightsOf(engine)],
    rows: (engine) => extentOfAll(engine.rows),
  },
};

/** Is the right operand a weight, which may be turned round, and does it lie together along the inner axes? */
function layoutOf(engine: Engine<"contract">, tensors: readonly KernelTensor[]): string {
  const rights = rightsOf(engine);
  const read = tensorsIn(rights, tensors);
  const isWeight = read.length > 0 && read.every(({ role }) => role === "parameter");
  const patterns = new AccessPatterns(tensors, () => undefined);
  const along = unflatten(engine.inner, fourPositions(engine.inner));
  const isByInner = patterns.ofLoads(rights, along).apart === 0;
  return `${isWeight ? "weights" : "values"} by ${isByInner ? "inner" : "column"}`;
}
