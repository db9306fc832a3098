import { ReadableFile } from "../files/read-bytes.ts";

/** A line of a file, without what ends it. */
interface FileLine {
  /** From 1. */
  readonly number: number;
  /** Of its first byte in the file. */
  readonly start: number;
  /** Valid until the next line is asked for. */
  readonly bytes: Uint8Array;
}

/** The lines of a file, however long it is; a piece of it is in memory at a time. */
export function* linesOf(path: string): Generator<FileLine> {
  const file = new ReadableFile(path);
  try {
    let held: Uint8Array = new Uint8Array();
    let number = 0;
    for (let at = 0; at < file.size; ) {
      const piece = new Uint8Array(held.length + Math.min(pieceBytes, file.size - at));
      piece.set(held);
      file.read(piece.subarray(held.length), at);
      const first = at - held.length;
      at += piece.length - held.length;
      let from = 0;
      for (let end = piece.indexOf(newLine); end >= 0; end = piece.indexOf(newLine, from)) {
        number += 1;
        yield { number, start: first + from, bytes: piece.subarray(from, end) };
        from = end + 1;
      }
      held = piece.subarray(from);
    }
    if (held.length > 0) yield { number: number + 1, start: file.size - held.length, bytes: held };
  } finally {
    file.close();
  }
}

const newLine = 10;
const pieceBytes = 1 << 20;
