import type { ArchiveBlame } from "./blame-archive.ts";
import { decodeName } from "./member-path.ts";

/** What an extended header says of the member behind it, as far as it matters to whoever reads contents. */
export interface PaxRecords {
  readonly path?: string;
  readonly size?: number;
}

/**
 * Reads `LENGTH KEY=VALUE\n` records. Times, owners and comments are passed over.
 *
 * @throws {RuntimeFault} where a length lies, a size is no number, or the member is a sparse file.
 */
export function readPaxRecords(bytes: Uint8Array, blame: ArchiveBlame): PaxRecords {
  let path: string | undefined;
  let size: number | undefined;
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const digits =
      space < 0 ? "" : String.fromCharCode(...bytes.subarray(at, Math.min(space, at + 16)));
    const end = at + Number(digits);
    const isWhole = /^[1-9]\d*$/.test(digits) && end <= bytes.length && bytes[end - 1] === 0x0a;
    if (!isWhole || end <= space + 1)
      throw blame.broken("an extended header is no list of records");
    const record = bytes.subarray(space + 1, end - 1);
    const equals = record.indexOf(0x3d);
    if (equals < 1) throw blame.broken("an extended header has a record without a key");
    const key = decodeName(record.subarray(0, equals), blame);
    const value = record.subarray(equals + 1);
    if (key.startsWith("GNU.sparse.")) throw blame.refused("it holds a sparse file");
    if (key === "path") path = decodeName(value, blame);
    if (key === "size") size = readSize(decodeName(value, blame), blame);
    at = end;
  }
  return { ...(path === undefined ? {} : { path }), ...(size === undefined ? {} : { size }) };
}

function readSize(text: string, blame: ArchiveBlame): number {
  const size = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(size))
    throw blame.broken("the size in an extended header is no number");
  return size;
}
