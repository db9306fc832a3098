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
  const { bytes, digest } = readThrough(path, "sha256");
  return { bytes, sha256: digest.toString("hex") };
}

/** The digest of a file's bytes, which are read a piece at a time. Throws as `identityOf`. */
export function digestOf(path: string, algorithm: "sha256" | "sha512"): Buffer {
  return readThrough(path, algorithm).digest;
}

function readThrough(path: string, algorithm: string): { bytes: number; digest: Buffer } {
  const file = new ReadableFile(path);
  try {
    const hash = createHash(algorithm);
    const piece = new Uint8Array(Math.min(file.size, pieceBytes));
    for (let at = 0; at < file.size; at += piece.length) {
      const part = piece.subarray(0, Math.min(piece.length, file.size - at));
      file.read(part, at);
      hash.update(part);
    }
    return { bytes: file.size, digest: hash.digest() };
  } finally {
    file.close();
  }
}

const pieceBytes = 1 << 22;
