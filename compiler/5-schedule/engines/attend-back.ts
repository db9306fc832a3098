import { sidesOf } from "../../ir/kernel/engines/attend-back.ts";
import { extentOfAll } from "../../ir/kernel/loop-axes.ts";
import { attendBackBroadcast } from "../schedules/attend-back-broadcast.ts";
import { attendBackDirect } from "../schedules/attend-back-direct.ts";
import type { EngineScheduling } from "./engine-scheduling.ts";
import { bucketOf, storageOf } from "./tuning-key.ts";

export const attendBackScheduling: EngineScheduling<"attend-back"> = {
  schedules: [attendBackBroadcast, attendBackDirect],
  tuning: {
    key({ side, batch, queries, keys, inner, valueAxes, ...engine }, tensors) {
      const sizes = [batch, queries, keys, inner, valueAxes].map(extentOfAll);
      if (sizes.includes(0)) return undefined;
      const [heads = 0, rows = 0, columns = 0, width, results] = sizes;
      return [
        `attend-back ${bucketOf(heads)}x${bucketOf(rows)}x${bucketOf(columns)}x${width}x${results}`,
        `along ${side}`,
        ...(engine.mask === undefined ? [] : ["masked"]),
        ...(engine.bias === undefined ? [] : ["biased"]),
        ...(engine.cap === undefined ? [] : ["capped"]),
        `of ${storageOf([engine.query, engine.key, engine.value, engine.gradient], tensors)}`,
      ];
    },
    grid(engine) {
      const { rows: own, others } = sidesOf(engine);
      const rows = extentOfAll(own);
      const all = rows + 2 * extentOfAll(others);
      return { rows, columns: 1, leftShare: rows / Math.max(1, all) };
    },
  },
  packing: undefined,
};
