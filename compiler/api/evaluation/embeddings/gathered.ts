import type { EmbeddedBlock } from "./embed.ts";

/** All rows of blocks in one array: for sets that are compared with each other. */
export interface Embeddings {
  /** [items, width], not normalised. */
  readonly data: Float32Array;
  readonly width: number;
}

export async function gathered(
  blocks: AsyncIterable<EmbeddedBlock>,
  items: number,
): Promise<Embeddings> {
  let data = new Float32Array();
  let width = 0;
  for await (const block of blocks) {
    if (data.length === 0) data = new Float32Array(items * block.width);
    width = block.width;
    data.set(block.data, block.start * width);
  }
  return { data, width };
}
