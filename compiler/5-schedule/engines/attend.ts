import { extentOfAll } from "../../ir/kernel/loop-axes.ts";
import { attendBroadcast } from "../schedules/attend-broadcast.ts";
import { attendDirect } from "../schedules/attend-direct.ts";
import { attendFew } from "../schedules/attend-few.ts";
import { attendSplit } from "../schedules/attend-split.ts";
import { attendTiled } from "../schedules/attend-tiled.ts";
import type { EngineScheduling } from "./engine-scheduling.ts";
import { bucketOf, storageOf } from "./tuning-key.ts";

export const attendScheduling: EngineScheduling<"attend"> = {
  schedules: [attendSplit, attendFew, attendTiled, attendBroadcast, attendDirect],
  tuning: {
    key({ batch, queries, keys, inner, valueAxes, ...engine }, tensors) {
      const sizes = [batch, queries, keys, inner, valueAxes].map(extentOfAll);
      if (sizes.includes(0)) return undefined;
      const [heads = 0, rows = 0, columns = 0, width, results] = sizes;
      return [
        `attend ${bucketOf(heads)}x${bucketOf(rows)}x${bucketOf(columns)}x${width}x${results}`,
        ...(engine.mask === undefined ? [] : ["masked"]),
        ...(engine.bias === undefined ? [] : ["biased"]),
        ...(engine.cap === undefined ? [] : ["capped"]),
        `of ${storageOf([engine.query, engine.key, engine.value], tensors)}`,
      ];
    },
    grid({ queries, keys }) {
      const rows = extentOfAll(queries);
      const all = rows + 2 * extentOfAll(keys);
      return { rows, columns: 1, leftShare: rows / Math.max(1, all) };
    },
  },
  packing: undefined,
};
