import type { ArchiveBlame } from "./blame-archive.ts";
import { decodeName } from "./member-path.ts";

/** Bytes of a block: headers are one, contents are filled up to a multiple. */
export const tarBlock = 512;

/** One header block of a tar, as it stands there. */
export interface TarHeader {
  readonly name: string;
  /** Bytes that follow, without what fills up the last block. */
  readonly size: number;
  /** The character that says what kind of member it is; version 7 wrote a zero byte for files. */
  readonly type: string;
}

export function isZeroBlock(block: Uint8Array): boolean {
  return block.every((byte) => byte === 0);
}

/**
 * Reads a header of version 7, POSIX ustar or GNU tar.
 *
 * @throws {RuntimeFault} `archive-broken` where the block is no header.
 */
export function readTarHeader(block: Uint8Array, blame: ArchiveBlame): TarHeader {
  const stated = numberField(block, 148, 8, "checksum", blame);
  if (stated !== checksum(block)) throw blame.broken("the checksum of a header is wrong");
  const name = textField(block, 0, 100, blame);
  const type = String.fromCharCode(block[156] ?? 0);
  const size = numberField(block, 124, 12, "size", blame);
  // GNU tar ends the word with a space and has times where POSIX has the front of a long name.
  const isPosix = latin(block, 257, 263) === "ustar\0";
  const prefix = isPosix ? textField(block, 345, 155, blame) : "";
  return { name: prefix === "" ? name : `${prefix}/${name}`, size, type };
}

/** The sum of all bytes, those of the checksum itself taken as spaces. */
function checksum(block: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < tarBlock; at++) sum += at >= 148 && at < 156 ? 0x20 : (block[at] ?? 0);
  return sum;
}

/** Octal digits, or where they are too few, a binary number after a byte of 0x80. */
function numberField(
  block: Uint8Array,
  from: number,
  length: number,
  what: string,
  blame: ArchiveBlame,
): number {
  const field = block.subarray(from, from + length);
  const first = field[0] ?? 0;
  if (first >= 0x80) {
    if (first !== 0x80) throw blame.broken(`the ${what} in a header is out of range`);
    const value = field.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0);
    if (!Number.isSafeInteger(value)) throw blame.broken(`the ${what} in a header is out of range`);
    return value;
  }
  const digits = latin(field, 0, length).replaceAll("\0", " ").trim();
  if (!/^[0-7]*$/.test(digits)) throw blame.broken(`the ${what} in a header is no number`);
  return digits === "" ? 0 : Number.parseInt(digits, 8);
}

function textField(block: Uint8Array, from: number, length: number, blame: ArchiveBlame): string {
  const field = block.subarray(from, from + length);
  const end = field.indexOf(0);
  return decodeName(end < 0 ? field : field.subarray(0, end), blame);
}

function latin(bytes: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...bytes.subarray(from, to));
}
