import { Readable, type Transform } from "node:stream";
import zlib from "node:zlib";
import { fault, RuntimeFault } from "../faults.ts";
import type { ArchiveLimits } from "./archive-limits.ts";
import { blameArchive } from "./blame-archive.ts";
import type { BytePieces } from "./byte-stream.ts";

type Compression = "none" | "gzip" | "xz" | "zstd";

/** By which compression a file of this name is stored. */
export function compressionOf(name: string): Compression {
  if (/\.(gz|tgz)$/.test(name)) return "gzip";
  if (/\.(xz|txz)$/.test(name)) return "xz";
  return /\.(zst|tzst)$/.test(name) ? "zstd" : "none";
}

/**
 * Undoes a compression a piece at a time.
 *
 * @param path How messages name the file.
 * @throws {RuntimeFault} `archive-broken` where it is damaged or cut short, `archive-refused` where it grows beyond the
 * limits, and whatever the pieces themselves meet.
 */
export async function* decompress(
  pieces: BytePieces,
  compression: Compression,
  path: string,
  limits: ArchiveLimits,
): AsyncGenerator<Uint8Array> {
  const blame = blameArchive(path);
  let taken = 0;
  let given = 0;
  const counted = async function* () {
    for await (const piece of pieces) {
      taken += piece.length;
      yield piece;
    }
  };
  const opened = compression === "none" ? counted() : undoing(counted(), compression, path);
  try {
    for await (const piece of opened) {
      given += piece.length;
      if (given > limits.totalBytes)
        throw blame.refused(`it holds more than ${limits.totalBytes} bytes`);
      if (given > limits.ratio * taken + freeBytes)
        throw blame.refused(`${taken} bytes of it grow to ${given} and more`);
      yield piece;
    }
  } catch (error) {
    if (error instanceof RuntimeFault) throw error;
    throw blame.broken(error instanceof Error ? error.message : String(error));
  }
}

/** Small files may compress as well as they like. */
const freeBytes = 1 << 20;

function undoing(pieces: BytePieces, compression: Exclude<Compression, "none">, path: string) {
  if (compression === "xz") return unpackXz(pieces);
  return through(pieces, compression === "gzip" ? zlib.createGunzip() : zstdDecoder(path));
}

async function* through(pieces: BytePieces, decoder: Transform): AsyncGenerator<Uint8Array> {
  const source = Readable.from(pieces, { objectMode: false });
  // An error of the source ends the decoder, and so this loop.
  source.on("error", (error) => decoder.destroy(error));
  try {
    for await (const piece of source.pipe(decoder)) yield piece as Uint8Array;
  } finally {
    source.destroy();
    decoder.destroy();
  }
}

/** Node has one since 22.15. */
function zstdDecoder(path: string): Transform {
  const create: unknown = Reflect.get(zlib, "createZstdDecompress");
  if (typeof create !== "function") {
    const needed = "use Node 22.15 or newer, or compress it anew with gzip or xz";
    throw fault("archive-unreadable", { path, kind: "zstd", needed });
  }
  return (create as () => Transform)();
}

async function* unpackXz(pieces: BytePieces): AsyncGenerator<Uint8Array> {
  // Node gives a CommonJS module by its default, a bundler by its names.
  const found: typeof import("xz-decompress") & { readonly default?: unknown } = await import(
    "xz-decompress"
  );
  const { XzReadableStream } = (found.default ?? found) as typeof found;
  const iterator = pieces[Symbol.asyncIterator]();
  const packed = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await iterator.return?.();
    },
  });
  const reader = new XzReadableStream(packed).getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    await reader.cancel().catch(() => undefined);
    await iterator.return?.();
  }
}
