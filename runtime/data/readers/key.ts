import { InternalError } from "../../internal-error.ts";
import { streamOf } from "../../numbers/draws.ts";
import type { DataReader } from "../reader.ts";

/**
 * A number for what the record shows: equal for equal keys, and for different ones different but for one chance in 2^31.
 * Where the data has no column `key`, each record has a key of its own, its image's path.
 */
export const keyReader: DataReader = {
  columns: () => [],
  misfit: ({ element, shape }) =>
    element === "i32" && shape.length === 0 ? undefined : "a key is i32 [B]",
  read({ record: { columns } }) {
    if (columns.key === undefined) throw new InternalError("a record without a key");
    return { data: Int32Array.of(streamOf(columns.key) >>> 1) };
  },
};
