import type { InputForm } from "../../compiler/artifact.ts";
import { decodeImage } from "../images/decode-image.ts";
import { behindDrawing, drawingOf } from "../images/drawing.ts";
import { colourImage } from "../images/edit-image.ts";
import type { Pixels } from "../images/pixels.ts";
import type { Picture } from "./data-source.ts";
import { type Ground, groundOf } from "./readers/image-grounds.ts";

/** Memory for decoded pictures, which several threads may have at once. */
export interface PictureMemory {
  /** What is seen through transparent places: one for each way in which pictures are decoded. */
  readonly ways: readonly string[];
  /** Of each record in each way: its state, width and height, in words of 32 bits; before them how many blocks are taken. */
  readonly places: SharedArrayBuffer;
  readonly pixels: SharedArrayBuffer;
}

/** An input by what reads it. */
type ReadInput = Pick<InputForm, "reader">;

/** For each of some data sets by their numbers of records. */
export function picturesOfSources(
  sizes: readonly number[],
  inputs: readonly ReadInput[],
): readonly PictureMemory[] {
  return sizes.map((size) => pictureMemory(size, inputs, Math.floor(usualRoom / sizes.length)));
}

/** For the pictures of so many records, up to a number of bytes. Pages that nobody writes to cost nothing. */
export function pictureMemory(
  records: number,
  inputs: readonly ReadInput[],
  room: number,
): PictureMemory {
  const ways = [...new Set(inputs.flatMap((input) => wayOfInput(input)))];
  const words = headWords + records * ways.length * placeWords;
  return {
    ways,
    places: new SharedArrayBuffer(4 * words),
    pixels: new SharedArrayBuffer(ways.length === 0 ? 0 : room),
  };
}

function wayOfInput({ reader }: ReadInput): readonly string[] {
  return reader?.name === "image" ? [wayOf(groundOf(reader.args))] : [];
}

const wayOf = (background: Ground) => `${background ?? ""}`;

/**
 * Pictures of records as they are before anything random. To decode a small picture takes as long as all that is done to it
 * afterwards, so those that were decoded are kept, by whichever thread was the first, as long as there is room. The first
 * stay: each comes once an epoch, and none is as good a guess as another.
 */
export class DecodedPictures {
  readonly #ways: readonly string[];
  readonly #places: Int32Array;
  readonly #pixels: Uint8Array;

  constructor({ ways, places, pixels }: PictureMemory) {
    this.#ways = ways;
    this.#places = new Int32Array(places);
    this.#pixels = new Uint8Array(pixels);
  }

  /**
   * The picture of record `number`, which nobody writes to.
   *
   * @throws {RuntimeFault} `not-an-image` where it cannot be decoded.
   */
  async of(number: number, picture: Picture, ground: Ground): Promise<Pixels> {
    if (picture.kind !== "encoded") {
      const opaque = picture.kind === "grey" ? colourImage(picture.pixels) : picture.pixels;
      return onGround(ground, () => opaque);
    }
    const way = this.#ways.indexOf(wayOf(ground));
    const place = headWords + placeWords * (number * this.#ways.length + way);
    const kept = way < 0 ? undefined : this.#kept(place, ground === behindDrawing ? 4 : 3);
    if (kept !== undefined) return kept;
    const bytes = picture.bytes();
    const pixels = await onGround(ground, (background) =>
      decodeImage(bytes, { background, name: picture.path }),
    );
    if (way >= 0) this.#keep(place, pixels);
    return pixels;
  }

  #kept(place: number, channels: number): Pixels | undefined {
    const state = Atomics.load(this.#places, place);
    if (state < firstKept) return undefined;
    const width = this.#places[place + 1] ?? 0;
    const height = this.#places[place + 2] ?? 0;
    const start = (state - firstKept) * blockBytes;
    return { width, height, data: this.#pixels.subarray(start, start + channels * width * height) };
  }

  #keep(place: number, { width, height, data }: Pixels): void {
    const places = this.#places;
    // One thread keeps it, whoever decoded it beside that one.
    if (Atomics.compareExchange(places, place, absent, taken) !== absent) return;
    const blocks = Math.ceil(data.length / blockBytes);
    const start = Atomics.add(places, 0, blocks);
    if ((start + blocks) * blockBytes > this.#pixels.length) {
      // A smaller one may still have room.
      Atomics.sub(places, 0, blocks);
      Atomics.store(places, place, absent);
      return;
    }
    this.#pixels.set(data, start * blockBytes);
    places[place + 1] = width;
    places[place + 2] = height;
    Atomics.store(places, place, firstKept + start);
  }
}

/** A picture on what it is to be laid on; on black and on white where that is nothing yet. */
async function onGround(
  ground: Ground,
  on: (background: Ground) => Pixels | Promise<Pixels>,
): Promise<Pixels> {
  if (ground !== behindDrawing) return on(ground);
  return drawingOf(await on([0, 0, 0]), await on([255, 255, 255]));
}

/** What a place's first word says; from the last on, in which block its pixels begin. */
const [absent, taken, firstKept] = [0, 1, 2];
const headWords = 1;
const placeWords = 3;
/** So that one word counts more bytes than a machine has. */
const blockBytes = 64;
/** Nine thousand pictures of 96 x 96; few photographs. */
const usualRoom = 256 << 20;
