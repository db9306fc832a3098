import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { InputSpec } from "../../compiler/artifact.ts";
import { writeNpy } from "../../runtime/files/npy.ts";
import { peekGiven, takeInput } from "../../runtime/given-input.ts";
import type { InputValue } from "../../runtime/input-value.ts";
import { loadTokenizer } from "../../runtime/text/load-tokenizer.ts";

const examples = join(import.meta.dirname, "..", "..", "examples");
const folder = mkdtempSync(join(tmpdir(), "weft-given-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function spec(
  element: InputSpec["element"],
  sizes: readonly number[],
  reader?: InputSpec["reader"],
): InputSpec {
  const shape = sizes.map((size, place) => ({ name: "BCYX"[place] ?? "", size }));
  return { name: "x", element, shape, reader, tensor: 0 };
}
const take = (of: InputSpec, value: unknown) =>
  takeInput(of, value as InputValue, () => loadTokenizer(join(examples, "tokenizer.model")));
const real = spec("f32", [2, 3]);
const whole = spec("i32", [2, 2]);

describe("numbers", () => {
  test.each<[string, InputSpec, unknown, readonly number[]]>([
    ["floats", real, Float32Array.of(1, 2, 3, 4, 5, 6), [1, 2, 3, 4, 5, 6]],
    [
      "doubles, as the nearest",
      real,
      Float64Array.of(0.1, 2, 3, 4, 5, 6),
      [Math.fround(0.1), 2, 3, 4, 5, 6],
    ],
    ["bytes that are no image", real, Uint8Array.of(1, 2, 3, 4, 5, 255), [1, 2, 3, 4, 5, 255]],
    ["a buffer of Node", real, Buffer.from([1, 2, 3, 4, 5, 255]), [1, 2, 3, 4, 5, 255]],
    ["clamped bytes", real, Uint8ClampedArray.of(1, 2, 3, 4, 5, 999), [1, 2, 3, 4, 5, 255]],
    [
      "a view into a longer array",
      real,
      new Float32Array(9).fill(7, 3).subarray(3),
      [7, 7, 7, 7, 7, 7],
    ],
    ["wide whole numbers", whole, BigInt64Array.of(1n, -2n, 3n, 4n), [1, -2, 3, 4]],
    ["unsigned ones", whole, Uint16Array.of(1, 2, 3, 65535), [1, 2, 3, 65535]],
    ["truth values", spec("bool", [2]), Uint8Array.of(0, 1), [0, 1]],
  ])("%s", async (_, of, value, expected) => {
    const { data, shape, element } = await take(of, value);
    expect([...data]).toEqual(expected);
    expect([shape, element]).toEqual([of.shape.map(({ size }) => size), of.element]);
  });

  test("with a shape of their own, without leading ones", async () => {
    const one = spec("f32", [1, 2, 3]);
    const data = Float32Array.of(1, 2, 3, 4, 5, 6);
    expect((await take(one, { data, shape: [2, 3] })).shape).toEqual([1, 2, 3]);
    expect((await take(one, { element: "f32", data, shape: [1, 1, 2, 3] })).shape).toEqual([
      1, 2, 3,
    ]);
    expect(peekGiven(one, { data, shape: [2, 3] }, undefined)).toEqual({ shape: [2, 3] });
    expect(peekGiven(one, data, undefined)).toBeUndefined();
  });

  test.each<[string, InputSpec, unknown, string, string]>([
    ["too few", real, new Float32Array(5), "wrong-shape", "[5]"],
    ["none", real, new Float32Array(0), "wrong-shape", "[0]"],
    ["another shape", real, { data: new Float32Array(6), shape: [3, 2] }, "wrong-shape", "[3, 2]"],
    [
      "a shape of other numbers",
      real,
      { data: new Float32Array(6), shape: [2, 4] },
      "value-unusable",
      "6 numbers with the shape [2, 4]",
    ],
    [
      "no shape at all",
      real,
      { data: new Float32Array(6) },
      "value-unusable",
      "an object with data",
    ],
    [
      "a negative size",
      real,
      { data: new Float32Array(6), shape: [-2, -3] },
      "value-unusable",
      "an object",
    ],
    ["floats for whole numbers", whole, new Float32Array(4), "wrong-element", "real numbers"],
    [
      "a number that i32 lacks",
      whole,
      Uint32Array.of(1, 2, 3, 2 ** 31),
      "wrong-element",
      "2147483648 at [1, 1]",
    ],
    [
      "a number that f32 lacks",
      real,
      Int32Array.of(1, 2, 3, 4, 5, 2 ** 24 + 1),
      "wrong-element",
      "16777217",
    ],
    [
      "a number that is no truth value",
      spec("bool", [2]),
      Uint8Array.of(0, 2),
      "wrong-element",
      "2 at [1]",
    ],
    ["nothing", real, null, "value-unusable", "null"],
    ["a number", real, 3, "value-unusable", "`x` was given as 3"],
    ["a list of numbers", real, [1, 2, 3, 4, 5, 6], "value-unusable", "a list"],
    ["raw memory", real, new ArrayBuffer(24), "value-unusable", "an ArrayBuffer"],
    [
      "a view without a type",
      real,
      new DataView(new ArrayBuffer(24)),
      "value-unusable",
      "a DataView",
    ],
    ["a function", real, () => 1, "value-unusable", "a function"],
  ])("%s is told", async (_, of, value, code, message) => {
    await expect(take(of, value)).rejects.toMatchObject({ name: "RuntimeFault", code });
    await expect(take(of, value)).rejects.toThrow(message);
  });
});

describe("images", () => {
  const scene = join(examples, "scene.jpg");
  const bytes = readFileSync(scene);
  const image = spec("f32", [1, 3, 4, 5], { name: "image", args: { fit: "crop" } });
  const pair = spec("f32", [2, 3, 4, 5], { name: "image", args: { fit: "crop" } });

  test("are taken as files, bytes and memory", async () => {
    const named = await take(image, scene);
    expect(await take(image, bytes)).toEqual(named);
    expect(await take(image, Uint8Array.from(bytes).buffer)).toEqual(named);
    const both = await take(pair, [scene, bytes]);
    expect([...both.data]).toEqual([...named.data, ...named.data]);
    expect(peekGiven(pair, [scene, bytes], undefined)).toEqual({ batch: 2 });
    await expect(take(image, [bytes, bytes])).rejects.toMatchObject({ code: "wrong-shape" });
  });

  test("numbers stay numbers", async () => {
    expect((await take(image, new Float32Array(60).fill(0.5))).data[59]).toBe(0.5);
    writeNpy(join(folder, "x.npy"), {
      element: "f32",
      shape: [3, 4, 5],
      data: new Float32Array(60),
    });
    expect((await take(image, join(folder, "x.npy"))).shape).toEqual([1, 3, 4, 5]);
  });

  test("that are none are told", async () => {
    await expect(take(image, Uint8Array.of(1, 2))).rejects.toMatchObject({ code: "not-an-image" });
    await expect(take(image, "none.jpg")).rejects.toMatchObject({ code: "file-missing" });
    await expect(take(image, [1])).rejects.toMatchObject({ code: "value-unusable" });
  });
});

describe("texts", () => {
  const ids = spec("i32", [2, 8], { name: "text", args: { bos: true, length: 8 } });

  test("of a list are a batch, and no file names", async () => {
    writeFileSync(join(folder, "lines.txt"), "one\ntwo\n");
    const lines = `@${join(folder, "lines.txt")}`;
    const [fromFile, asText] = [await take(ids, lines), await take(ids, [lines, "a.npy"])];
    expect(await take(ids, ["one", "two"])).toEqual(fromFile);
    expect([...asText.data]).not.toEqual([...fromFile.data]);
    expect(asText.shape).toEqual([2, 8]);
    await expect(take(ids, ["one", Uint8Array.of(1)])).rejects.toMatchObject({
      code: "value-unusable",
    });
    await expect(take(ids, [])).rejects.toThrow("an empty list");
  });

  test("are no values of other inputs", async () => {
    await expect(take(real, ["one", "two"])).rejects.toMatchObject({ code: "value-unusable" });
  });
});
