import { blameArchive } from "./blame-archive.ts";
import { type BytePieces, ByteStream } from "./byte-stream.ts";
import { scanTar, type TarMember, type TarOptions } from "./scan-tar.ts";

/** A member whose bytes may be taken until the next one is asked for. */
export interface StreamedMember extends TarMember {
  /** All of its bytes; once. */
  readonly read: () => Promise<Uint8Array>;
}

/**
 * The members of a tar that comes as a stream. What is not read of a member is passed over.
 *
 * @throws {RuntimeFault} `archive-broken` or `archive-refused`, and whatever the stream itself meets. The stream is
 * read to its end, so that a checksum behind the tar is looked at too.
 */
export async function* streamTar(
  pieces: BytePieces,
  options: TarOptions,
): AsyncGenerator<StreamedMember> {
  const blame = blameArchive(options.path);
  const stream = new ByteStream(pieces);
  try {
    const scan = scanTar(options);
    for (let step = scan.next(); step.done !== true; ) {
      const request = step.value;
      if (request.kind === "take") {
        step = scan.next(await stream.take(request.bytes));
        continue;
      }
      const { member, stored } = request;
      let left = stored;
      const cut = () => blame.broken(`it ends in the middle of \`${member.path}\``);
      yield {
        ...member,
        async read() {
          if (left !== stored) throw new Error(`${member.path} was read already`);
          left -= member.size;
          const bytes = await stream.take(member.size);
          if (bytes.length < member.size) throw cut();
          return bytes;
        },
      };
      if ((await stream.skip(left)) < left) throw cut();
      step = scan.next(new Uint8Array());
    }
  } finally {
    await stream.close();
  }
}
