import type { EmbeddedBlock } from "./embed.ts";
import type { EmbeddingFile } from "./embedding-file.ts";

/** Hands blocks on, and writes them: first what stands before them, at the end the file is there as a whole. */
export async function* kept(
  file: EmbeddingFile,
  first: Pick<EmbeddedBlock, "data" | "width"> | undefined,
  blocks: AsyncIterable<EmbeddedBlock>,
): AsyncGenerator<EmbeddedBlock> {
  let isWhole = false;
  try {
    if (first !== undefined) file.write(first);
    for await (const block of blocks) {
      file.write(block);
      yield block;
    }
    file.commit();
    isWhole = true;
  } finally {
    // Also where whoever takes the blocks has thrown.
    if (!isWhole) file.abandon();
  }
}
