import { ReadableFile } from "../files/read-bytes.ts";
import { type ArchiveLimits, usualLimits } from "./archive-limits.ts";
import { blameArchive } from "./blame-archive.ts";
import { scanTar, type TarMember } from "./scan-tar.ts";

/**
 * The members of a tar that is not compressed, in their order: headers are read and contents passed over, so that each
 * can be read at its offset later.
 *
 * @throws {RuntimeFault} `archive-broken`, `archive-refused`, or what reading the file meets. A member that was named
 * lies wholly inside the file.
 */
export function* tarMembers(
  path: string,
  limits: ArchiveLimits = usualLimits,
): Generator<TarMember> {
  const file = new ReadableFile(path);
  try {
    const blame = blameArchive(path);
    const scan = scanTar({ path, limits });
    const window = new FileWindow(file);
    let at = 0;
    for (let step = scan.next(); step.done !== true; ) {
      const request = step.value;
      if (request.kind === "take") {
        const bytes = window.read(at, request.bytes);
        at += bytes.length;
        step = scan.next(bytes);
        continue;
      }
      if (request.stored > file.size - at)
        throw blame.broken(`it ends in the middle of \`${request.member.path}\``);
      yield request.member;
      at += request.stored;
      step = scan.next(nothing);
    }
  } finally {
    file.close();
  }
}

/** Headers between small contents are read several at once. */
class FileWindow {
  readonly #file: ReadableFile;
  readonly #buffer = new Uint8Array(windowBytes);
  #from = 0;
  #length = 0;

  constructor(file: ReadableFile) {
    this.#file = file;
  }

  /** So many bytes from there on, or those that there are; valid until the next call. */
  read(from: number, length: number): Uint8Array {
    const available = Math.min(length, Math.max(0, this.#file.size - from));
    if (available > windowBytes) {
      const bytes = new Uint8Array(available);
      this.#file.read(bytes, from);
      return bytes;
    }
    if (from < this.#from || from + available > this.#from + this.#length) {
      this.#from = from;
      this.#length = Math.min(windowBytes, this.#file.size - from);
      this.#file.read(this.#buffer.subarray(0, this.#length), from);
    }
    return this.#buffer.subarray(from - this.#from, from - this.#from + available);
  }
}

const windowBytes = 1 << 14;
const nothing = new Uint8Array();
