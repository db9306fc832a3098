import sharp from "sharp";
import { beforeAll, expect, test } from "vitest";
import { DecodedPictures, pictureMemory } from "../../../runtime/data/decoded-pictures.ts";

const side = 4;
/** Room for one picture of 4 x 4: memory is taken in blocks. */
const blockOfPicture = 64;
const white = [255, 255, 255];
let bytes: Uint8Array;
beforeAll(async () => {
  const background = { r: 200, g: 0, b: 0, alpha: 0 };
  bytes = await sharp({ create: { width: side, height: side, channels: 4, background } })
    .png()
    .toBuffer();
});

/** Inputs that see pictures on white and on black. */
const inputs = [white, [0, 0, 0]].map((background) => ({
  name: "pixels",
  element: "f32" as const,
  shape: [3, side, side],
  reader: { name: "image", args: { background } },
}));
const memoryOf = (room: number) => pictureMemory(8, inputs, room);

/** A picture that counts how often somebody reads it. */
function countedPicture() {
  const reads = { count: 0 };
  const read = () => {
    reads.count++;
    return bytes;
  };
  return { reads, picture: { kind: "encoded", path: "a.png", bytes: read } as const };
}

test("a picture is decoded once for each background", async () => {
  const pictures = new DecodedPictures(memoryOf(1000));
  const { reads, picture } = countedPicture();
  const first = await pictures.of(3, picture, white);
  expect([...first.data.slice(0, 3)]).toEqual(white);
  expect(await pictures.of(3, picture, white)).toEqual(first);
  expect(reads.count).toBe(1);
  const dark = await pictures.of(3, picture, [0, 0, 0]);
  expect([...dark.data.slice(0, 3)]).toEqual([0, 0, 0]);
  expect(reads.count).toBe(2);
});

test("records of one path are not taken for each other", async () => {
  const pictures = new DecodedPictures(memoryOf(1000));
  const [one, other] = [countedPicture(), countedPicture()];
  await pictures.of(1, one.picture, white);
  await pictures.of(2, other.picture, white);
  expect([one.reads.count, other.reads.count]).toEqual([1, 1]);
});

test("what has no room is decoded each time, and gives the same", async () => {
  const pictures = new DecodedPictures(memoryOf(blockOfPicture));
  const [kept, left] = [countedPicture(), countedPicture()];
  await pictures.of(1, kept.picture, white);
  const first = await pictures.of(2, left.picture, white);
  expect(await pictures.of(2, left.picture, white)).toEqual(first);
  await pictures.of(1, kept.picture, white);
  expect([kept.reads.count, left.reads.count]).toEqual([1, 2]);
});

test("what one thread decoded, another one finds", async () => {
  const memory = memoryOf(1000);
  const { reads, picture } = countedPicture();
  const first = await new DecodedPictures(memory).of(5, picture, white);
  expect(await new DecodedPictures(memory).of(5, picture, white)).toEqual(first);
  expect(reads.count).toBe(1);
});

test("a background that no input asks for is decoded each time", async () => {
  const pictures = new DecodedPictures(memoryOf(1000));
  const { reads, picture } = countedPicture();
  for (let turn = 0; turn < 2; turn++)
    expect([...(await pictures.of(1, picture, [9, 8, 7])).data.slice(0, 3)]).toEqual([9, 8, 7]);
  expect(reads.count).toBe(2);
});
