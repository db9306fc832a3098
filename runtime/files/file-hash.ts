import { createHash } from "node:crypto";
import { ReadableFile } from "./read-bytes.ts";

/** What a file holds: its length, and the SHA-256 of its bytes in hexadecimal. */
export interface FileIdentity {
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Reads a file a piece at a time, however large it is.
 *
 * @throws {RuntimeFault} where it cannot be read.
 */
export function identityOf(path: string): FileIdentity {
  const file = new ReadableFile(path);
  try {
    const hash = createHash("sha256");
    const piece = new Uint8Array(Math.min(file.size, pieceBytes));
    for (let at = 0; at < file.size; at += piece.length) {
      const part = piece.subarray(0, Math.min(piece.length, file.size - at));
      file.read(part, at);
      hash.update(part);
    }
    return { bytes: file.size, sha256: hash.digest("hex") };
  } finally {
    file.close();
  }
}

const pieceBytes = 1 << 22;
