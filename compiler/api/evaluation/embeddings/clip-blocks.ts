import type { EmbeddedBlock } from "./embed.ts";

/**
 * From the embeddings of frames those of clips, each of so many frames that stand behind each other: their mean, before
 * anything is normalised.
 */
export async function* clipBlocks(
  blocks: AsyncIterable<EmbeddedBlock>,
  frames: number,
): AsyncGenerator<EmbeddedBlock> {
  let sums = new Float64Array();
  let [seen, start] = [0, 0];
  for await (const { data, count, width } of blocks) {
    if (sums.length === 0) sums = new Float64Array(width);
    const clips: Float32Array[] = [];
    for (let frame = 0; frame < count; frame++) {
      for (let column = 0; column < width; column++)
        sums[column] = (sums[column] ?? 0) + (data[frame * width + column] ?? 0);
      seen++;
      if (seen % frames !== 0) continue;
      clips.push(Float32Array.from(sums, (sum) => sum / frames));
      sums.fill(0);
    }
    const joined = new Float32Array(clips.length * width);
    for (const [clip, mean] of clips.entries()) joined.set(mean, clip * width);
    if (clips.length > 0) yield { start, count: clips.length, data: joined, width };
    start += clips.length;
  }
}
