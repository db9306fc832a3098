import { ReadableFile } from "../files/read-bytes.ts";
import { blameArchive } from "./blame-archive.ts";

/** A file in an `ar` archive. */
interface ArMember {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

/**
 * The members of an `ar` archive with short names, as Debian packages are.
 *
 * @throws {RuntimeFault} `archive-broken` where it is none or is cut short, `archive-refused` where it has a name twice
 * or more members than a package.
 */
export function arMembers(path: string): readonly ArMember[] {
  const file = new ReadableFile(path);
  try {
    return [...membersOf(file)];
  } finally {
    file.close();
  }
}

function* membersOf(file: ReadableFile): Generator<ArMember> {
  const blame = blameArchive(file.path);
  if (file.size < magic.length || textAt(file, 0, magic.length) !== magic)
    throw blame.broken("it does not begin as an `ar` archive does");
  const seen = new Set<string>();
  for (let at = magic.length; at < file.size; ) {
    if (at + headerBytes > file.size) throw blame.broken("it ends in the middle of a header");
    const header = textAt(file, at, headerBytes);
    const digits = header.slice(48, 58).trim();
    if (header.slice(58) !== "`\n" || !/^\d+$/.test(digits))
      throw blame.broken("something stands in the place of a header");
    // GNU's `ar` ends a name with a slash, Debian's tools do not.
    const name = header.slice(0, 16).trimEnd().replace(/\/$/, "");
    const size = Number(digits);
    if (!/^[\w.+-]+$/.test(name)) throw blame.refused("it has a name that no package has");
    if (seen.has(name)) throw blame.refused(`it has \`${name}\` twice`);
    if (seen.size === mostMembers) throw blame.refused(`it has more than ${mostMembers} members`);
    seen.add(name);
    const offset = at + headerBytes;
    if (offset + size > file.size) throw blame.broken(`it ends in the middle of \`${name}\``);
    yield { name, offset, size };
    at = offset + size + (size % 2);
  }
}

function textAt(file: ReadableFile, at: number, length: number): string {
  const bytes = new Uint8Array(length);
  file.read(bytes, at);
  return String.fromCharCode(...bytes);
}

const magic = "!<arch>\n";
const headerBytes = 60;
/** A package has three, and may have a few of its vendor's. */
const mostMembers = 16;
