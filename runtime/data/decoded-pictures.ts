import { decodeImage } from "../images/decode-image.ts";
import { colourImage } from "../images/edit-image.ts";
import type { Pixels } from "../images/pixels.ts";
import type { Picture } from "./data-source.ts";

/**
 * Pictures of records as they are before anything random. To decode a small picture takes longer than all that is done to it
 * afterwards, so those that were decoded are kept, up to a number of bytes. The first stay: each comes once an epoch, and
 * none is as good a guess as another.
 */
export class DecodedPictures {
  readonly #kept = new Map<string, Pixels>();
  #room: number;

  constructor(room: number = roomOfThread) {
    this.#room = room;
  }

  /**
   * The picture of record `number`, which nobody writes to.
   *
   * @throws {RuntimeFault} `not-an-image` where it cannot be decoded.
   */
  async of(
    number: number,
    picture: Picture,
    background: readonly number[] | undefined,
  ): Promise<Pixels> {
    if (picture.kind === "grey") return colourImage(picture.pixels);
    if (picture.kind === "colour") return picture.pixels;
    const key = `${number} ${background ?? ""}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined) return kept;
    const pixels = await decodeImage(picture.bytes(), { background, name: picture.path });
    if (pixels.data.length <= this.#room) {
      this.#room -= pixels.data.length;
      this.#kept.set(key, pixels);
    }
    return pixels;
  }
}

/** Five thousand pictures of 96 x 96; few photographs. */
const roomOfThread = 160 << 20;
