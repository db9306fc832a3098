import type { ArchiveLimits } from "./archive-limits.ts";
import { type ArchiveBlame, blameArchive } from "./blame-archive.ts";
import { decodeName, memberPath } from "./member-path.ts";
import { type PaxRecords, readPaxRecords } from "./pax-records.ts";
import { isZeroBlock, readTarHeader, type TarHeader, tarBlock } from "./tar-header.ts";

/** A file or a folder in a tar. */
export interface TarMember {
  /** Below the folder into which the archive would be unpacked, its parts joined by `/`. */
  readonly path: string;
  readonly kind: "file" | "folder";
  /** Where its bytes begin in the (decompressed) archive. */
  readonly offset: number;
  /** How many there are. */
  readonly size: number;
}

/** What the scan of a tar asks of whoever has its bytes. */
type TarRequest =
  /** Answered with so many bytes from where it stands, or with fewer where the archive ends. */
  | { readonly kind: "take"; readonly bytes: number }
  /** Its bytes are next, `stored` of them with what fills up the last block: answered when they were passed. */
  | { readonly kind: "member"; readonly member: TarMember; readonly stored: number };

export interface TarOptions {
  /** How messages name it. */
  readonly path: string;
  readonly limits: ArchiveLimits;
  /** Links are never followed. They are refused; in an archive of known checksum they may be passed over. */
  readonly passLinks?: boolean;
}

/**
 * Reads a tar (version 7, ustar, pax, GNU) without knowing where its bytes come from: it asks for headers and names
 * members, each with a path that is safe and that no other file has.
 *
 * @throws {RuntimeFault} `archive-broken` or `archive-refused`, where the iteration arrives at the cause.
 */
export function* scanTar(options: TarOptions): Generator<TarRequest, void, Uint8Array> {
  const { path: archive, limits, passLinks = false } = options;
  const blame = blameArchive(archive);
  const seen = new Map<string, "file" | "folder">();
  let extension: PaxRecords | undefined;
  let position = 0;
  let headers = 0;
  while (true) {
    const block = wholeBlock(yield takesBlock, blame);
    position += tarBlock;
    if (isZeroBlock(block)) {
      if (extension !== undefined) throw blame.broken("it ends behind an extended header");
      yield* passEnd(blame);
      return;
    }
    headers++;
    if (headers > limits.members) throw blame.refused(`it has more than ${limits.members} members`);
    const header = readTarHeader(block, blame);
    if (isExtension(header.type)) {
      const bytes = yield* takeExtension(header, blame);
      position += storedBytes(header.size);
      extension = extended(header.type, bytes, extension, blame);
      continue;
    }
    const size = extension?.size ?? header.size;
    const name = extension?.path ?? header.name;
    extension = undefined;
    const kind = memberKind(header.type, name, blame);
    const path = memberPath(name, blame);
    if (kind !== "file" && size > 0)
      throw blame.broken(`\`${path}\` is a ${kind}, and has ${size} bytes`);
    if (kind === "link") {
      if (!passLinks) throw blame.refused(`\`${path}\` is a link`);
      continue;
    }
    if (size > limits.memberBytes)
      throw blame.refused(`\`${path}\` has ${size} bytes, and ${limits.memberBytes} is the most`);
    if (kind === "file" && path === "") throw blame.refused("a member has no name");
    const before = seen.get(path);
    if (before !== undefined && (before === "file" || kind === "file"))
      throw blame.refused(`it has \`${path}\` twice`);
    seen.set(path, kind);
    const stored = storedBytes(size);
    yield { kind: "member", member: { path, kind, offset: position, size }, stored };
    position += stored;
  }
}

const isExtension = (type: string) => "xgLK".includes(type);

function storedBytes(size: number): number {
  return Math.ceil(size / tarBlock) * tarBlock;
}

const takesBlock: TarRequest = { kind: "take", bytes: tarBlock };

function wholeBlock(block: Uint8Array, blame: ArchiveBlame): Uint8Array {
  if (block.length === tarBlock) return block;
  throw blame.broken(
    block.length === 0
      ? "it ends without the two blocks of zeros that are its end"
      : "it ends in the middle of a header",
  );
}

function* takeExtension(
  { size }: TarHeader,
  blame: ArchiveBlame,
): Generator<TarRequest, Uint8Array, Uint8Array> {
  if (size > longestExtension) throw blame.refused(`it has an extended header of ${size} bytes`);
  const bytes = yield { kind: "take", bytes: storedBytes(size) };
  if (bytes.length < storedBytes(size)) throw blame.broken("it ends in an extended header");
  return bytes.subarray(0, size);
}

/** What is known of the next member, after one more header that says something of it. */
function extended(
  type: string,
  bytes: Uint8Array,
  before: PaxRecords | undefined,
  blame: ArchiveBlame,
): PaxRecords | undefined {
  // The target of a link is never looked at, but where it ends the name may still follow.
  if (type === "K") return before ?? {};
  const records = type === "L" ? { path: longName(bytes, blame) } : readPaxRecords(bytes, blame);
  if (type === "g") {
    if (records.path !== undefined || records.size !== undefined)
      throw blame.refused("one header gives all members the same name or size");
    return before;
  }
  if (before?.path !== undefined && records.path !== undefined)
    throw blame.refused("two headers name the same member");
  if (before?.size !== undefined && records.size !== undefined)
    throw blame.refused("two headers give the size of the same member");
  return { ...before, ...records };
}

/** GNU tar's: up to a zero byte. */
function longName(bytes: Uint8Array, blame: ArchiveBlame): string {
  const end = bytes.indexOf(0);
  const name = end < 0 ? bytes : bytes.subarray(0, end);
  return decodeName(name, blame);
}

function memberKind(type: string, name: string, blame: ArchiveBlame): "file" | "folder" | "link" {
  switch (type) {
    case "\0":
      // Version 7 had no kind for folders.
      return name.endsWith("/") ? "folder" : "file";
    case "0":
    case "7":
      return "file";
    case "5":
      return "folder";
    case "1":
    case "2":
      return "link";
    case "3":
    case "4":
      throw blame.refused(`\`${name}\` is a device`);
    case "6":
      throw blame.refused(`\`${name}\` is a pipe`);
    case "S":
      throw blame.refused("it holds a sparse file");
    default:
      throw blame.refused(`\`${name}\` is of the unknown kind \`${type}\``);
  }
}

/** The second block of zeros, and the zeros that fill up the last record of a tape. */
function* passEnd(blame: ArchiveBlame): Generator<TarRequest, void, Uint8Array> {
  const second = wholeBlock(yield takesBlock, blame);
  if (!isZeroBlock(second)) throw blame.broken("a block of zeros stands between its members");
  for (let passed = 0; ; passed += tarBlock) {
    const rest = yield takesBlock;
    if (rest.length === 0) return;
    if (!isZeroBlock(rest)) throw blame.broken("something stands behind its end");
    if (passed >= longestEnd) throw blame.refused("the zeros at its end have no end");
  }
}

/** Names and comments, and never contents. */
const longestExtension = 1 << 20;
const longestEnd = 1 << 20;
