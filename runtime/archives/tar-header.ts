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
  const isPosix = posixWord.every((byte, at) => block[257 + at] === byte);
  const prefix = isPosix ? textField(block, 345, 155, blame) : "";
  return { name: prefix === "" ? name : `${prefix}/${name}`, size, type };
}

/** The sum of all bytes, those of the checksum itself taken as spaces. */
function checksum(block: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < tarBlock; at++) sum += block[at] ?? 0;
  for (let at = 148; at < 156; at++) sum += 0x20 - (block[at] ?? 0);
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
  const first = block[from] ?? 0;
  if (first >= 0x80) {
    if (first !== 0x80) throw blame.broken(`the ${what} in a header is out of range`);
    const digits = block.subarray(from + 1, from + length);
    const value = digits.reduce((sum, byte) => sum * 256 + byte, 0);
    if (!Number.isSafeInteger(value)) throw blame.broken(`the ${what} in a header is out of range`);
    return value;
  }
  return octalNumber(block, from, from + length) ?? wrongNumber(what, blame);
}

function wrongNumber(what: string, blame: ArchiveBlame): never {
  throw blame.broken(`the ${what} in a header is no number`);
}

/** Digits with spaces and zero bytes around them; none are 0. Millions of headers have two of them. */
function octalNumber(block: Uint8Array, begins: number, ends: number): number | undefined {
  let from = begins;
  let to = ends;
  while (from < to && isBlank(block[from])) from += 1;
  while (to > from && isBlank(block[to - 1])) to -= 1;
  let value = 0;
  for (let at = from; at < to; at++) {
    const digit = (block[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 7) return undefined;
    value = value * 8 + digit;
  }
  return value;
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0;
}

function textField(block: Uint8Array, from: number, length: number, blame: ArchiveBlame): string {
  let end = from;
  while (end < from + length && block[end] !== 0) end += 1;
  return end === from ? "" : decodeName(block.subarray(from, end), blame);
}

/** `ustar` and a zero byte. */
const posixWord = [0x75, 0x73, 0x74, 0x61, 0x72, 0];
