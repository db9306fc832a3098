import { createReadStream } from "node:fs";
import { fileFault } from "../files/read-bytes.ts";
import { arMembers } from "./ar-members.ts";
import { type ArchiveLimits, usualLimits } from "./archive-limits.ts";
import { blameArchive } from "./blame-archive.ts";
import { compressionOf, decompress } from "./decompress.ts";
import { type StreamedMember, streamTar } from "./tar-stream.ts";

/**
 * The files of a tar, compressed or not (`.tar`, `.tgz`, `.tar.gz`, `.tar.xz`, `.tar.zst`), in their order.
 *
 * @throws {RuntimeFault} `archive-broken`, `archive-refused` or `archive-unreadable`, and what reading the file meets.
 */
export async function* tarFiles(
  path: string,
  limits: ArchiveLimits = usualLimits,
): AsyncGenerator<StreamedMember> {
  const bytes = decompress(filePieces(path), compressionOf(path), path, limits);
  for await (const member of streamTar(bytes, { path, limits }))
    if (member.kind === "file") yield member;
}

/**
 * The files that a Debian package installs. Links among them are passed over: they are never followed.
 *
 * @throws {RuntimeFault} as `tarFiles`; a package without data is `archive-broken`.
 */
export async function* debianFiles(
  path: string,
  limits: ArchiveLimits = usualLimits,
): AsyncGenerator<StreamedMember> {
  const data = arMembers(path).find(({ name }) => name.startsWith("data.tar"));
  if (data === undefined)
    throw blameArchive(path).broken("it is no Debian package: it has no data");
  const packed = filePieces(path, data.offset, data.size);
  const bytes = decompress(packed, compressionOf(data.name), path, limits);
  for await (const member of streamTar(bytes, { path, limits, passLinks: true }))
    if (member.kind === "file") yield member;
}

/** The bytes of a file, or of a part of it. */
async function* filePieces(path: string, offset = 0, size = Number.POSITIVE_INFINITY) {
  if (size === 0) return;
  const stream = createReadStream(path, { start: offset, end: offset + size - 1 });
  try {
    for await (const piece of stream) yield piece as Uint8Array;
  } catch (error) {
    throw fileFault(path, error);
  }
}
