import type { KernelWriter } from "../../writer/kernel-writer.ts";
import { overKeyTiles } from "./attend-key-tiles.ts";
import { storeResult } from "./attend-result.ts";
import { type Attend, type AttendNest, declareAttendTile } from "./attend-tile.ts";
import { declareLoadedRows, writeProducts } from "./broadcast-products.ts";

/**
 * `rows` queries per subgroup against 4 * `lanes` keys at a time, without barriers. Each lane owns four
 * keys for the scores and columns of four for the weighted sum; queries and weights go to the other lanes
 * by broadcast. Softmax is online (Dao et al., FlashAttention, 2022), in powers of two. A row whose keys
 * are all masked weighs them equally, as softmax of equal scores does.
 */
export function writeAttendBroadcast(writer: KernelWriter, engine: Attend, nest: AttendNest): void {
  const { queries, keys, inner, query, key } = engine;
  const tile = declareAttendTile(writer, engine, nest);
  const rows = declareLoadedRows(writer, tile.batch, queries, nest);
  const products = { axes: inner, row: query, other: key, others: keys, name: "score", step: "k" };
  overKeyTiles(writer, engine, nest, tile, (tiled, block) =>
    writeProducts(writer, nest.lanes, rows, tiled, products, block),
  );
  storeResult(writer, engine, nest, tile);
}
