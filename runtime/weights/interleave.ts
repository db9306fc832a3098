import type { Packing } from "../../compiler/artifact.ts";

export type Interleaved = Extract<Packing, { kind: "interleaved" }>;

/**
 * Whole blocks of lines, a run of every line and then the next of every line. Elements take `size` bytes,
 * runs and lines whole words; `from` and `to` begin at a word.
 */
export function interleave(
  from: Uint8Array,
  to: Uint8Array,
  packing: Interleaved,
  size: number,
): void {
  move(from, to, packing, size, false);
}

/** The reverse: lines one after the other. */
export function deinterleave(
  from: Uint8Array,
  to: Uint8Array,
  packing: Interleaved,
  size: number,
): void {
  move(from, to, packing, size, true);
}

function move(
  from: Uint8Array,
  to: Uint8Array,
  { lines, columns, run }: Interleaved,
  size: number,
  isBack: boolean,
): void {
  const read = new Uint32Array(from.buffer, from.byteOffset, from.byteLength / 4);
  const written = new Uint32Array(to.buffer, to.byteOffset, read.length);
  const [line, words] = [(columns * size) / 4, (run * size) / 4];
  let place = 0;
  for (let block = 0; block < read.length; block += lines * line) {
    for (let turn = 0; turn < line; turn += words) {
      for (let first = block + turn; first < block + lines * line; first += line) {
        for (let word = first; word < first + words; word++, place++) {
          if (isBack) written[word] = read[place] ?? 0;
          else written[place] = read[word] ?? 0;
        }
      }
    }
  }
}
