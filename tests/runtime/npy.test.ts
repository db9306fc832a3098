import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { InputSpec } from "../../compiler/artifact.ts";
import { readNpy, readNpyHeader, writeNpy } from "../../runtime/files/npy.ts";
import { peekInput, readInput } from "../../runtime/inputs.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import { writeSafetensors } from "../../runtime/weights/write-safetensors.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-npy-"));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, "a.npy");

/** A file as numpy writes it, with any header. */
function writeRaw(version: number, dictionary: string, data: ArrayBufferView): void {
  const text = new TextEncoder().encode(`${dictionary}\n`);
  const head =
    version === 1
      ? [text.length & 255, text.length >> 8]
      : [text.length & 255, text.length >> 8, 0, 0];
  const start = Uint8Array.of(0x93, 78, 85, 77, 80, 89, version, 0, ...head);
  writeFileSync(
    path,
    Buffer.concat([start, text, Buffer.from(data.buffer, data.byteOffset, data.byteLength)]),
  );
}

/** One tensor `x` in a `.safetensors` file. */
function writeStored(
  file: string,
  dtype: string,
  data: ArrayBufferView & { length: number },
): void {
  const entry = { dtype, shape: [data.length], data_offsets: [0, data.byteLength] };
  const header = Buffer.from(JSON.stringify({ x: entry }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  writeFileSync(file, Buffer.concat([length, header, bytes]));
}

function dictionary(descr: string, shape: string, order = "False"): string {
  return `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }`;
}

describe("reading .npy", () => {
  test.each([
    ["<f4", Float32Array.of(1.5, -2, 3), "f32", [1.5, -2, 3]],
    ["<f8", Float64Array.of(0.1, -2, 3), "f32", [Math.fround(0.1), -2, 3]],
    ["<f2", Uint16Array.of(0x3c00, 0xc000, 0x0001), "f32", [1, -2, 2 ** -24]],
    ["<i8", BigInt64Array.of(-1n, 7n, 2147483647n), "i32", [-1, 7, 2147483647]],
    ["<i4", Int32Array.of(-1, 7, 9), "i32", [-1, 7, 9]],
    ["|u1", Uint8Array.of(0, 128, 255), "i32", [0, 128, 255]],
    ["<u2", Uint16Array.of(0, 128, 65535), "i32", [0, 128, 65535]],
    ["<u4", Uint32Array.of(0, 128, 4294967295), "u32", [0, 128, 4294967295]],
    ["<u8", BigUint64Array.of(0n, 128n, 4294967295n), "u32", [0, 128, 4294967295]],
    ["|b1", Uint8Array.of(0, 1, 1), "bool", [0, 1, 1]],
  ] as const)("%s", (descr, data, element, wanted) => {
    for (const version of [1, 2]) {
      writeRaw(version, dictionary(descr, "(3,)"), data);
      expect(readNpyHeader(path).shape).toEqual([3]);
      const tensor = readNpy(path);
      expect(tensor.element).toBe(element);
      expect([...tensor.data]).toEqual(wanted);
    }
  });

  test("column-major files are put in row-major order", () => {
    writeRaw(1, dictionary("<f4", "(2, 3)", "True"), Float32Array.of(0, 10, 1, 11, 2, 12));
    expect([...readNpy(path).data]).toEqual([0, 1, 2, 10, 11, 12]);
  });

  test("a scalar has no dimensions", () => {
    writeRaw(1, dictionary("<f4", "()"), Float32Array.of(4));
    expect(readNpy(path)).toMatchObject({ shape: [], data: Float32Array.of(4) });
  });

  test.each([
    ["no numpy file", () => writeFileSync(path, "P6 640 480 255 and so on"), "not-npy"],
    ["an empty file", () => writeFileSync(path, ""), "not-npy"],
    [
      "elements missing",
      () => writeRaw(1, dictionary("<f4", "(4,)"), Float32Array.of(1, 2, 3)),
      "file-truncated",
    ],
    ["big-endian", () => writeRaw(1, dictionary(">f4", "(1,)"), Float32Array.of(1)), "not-npy"],
    ["objects", () => writeRaw(1, dictionary("|O", "(1,)"), Float32Array.of(1)), "not-npy"],
    [
      "no shape",
      () => writeRaw(1, "{'descr': '<f4', 'fortran_order': False}", Float32Array.of(1)),
      "not-npy",
    ],
    [
      "too large whole numbers",
      () => writeRaw(1, dictionary("<i8", "(1,)"), BigInt64Array.of(1n << 40n)),
      "wrong-element",
    ],
    [
      "a header cut short",
      () => writeFileSync(path, Uint8Array.of(0x93, 78, 85, 77, 80, 89, 1, 0, 200, 0)),
      "file-truncated",
    ],
  ])("%s is a fault", (_, write, code) => {
    write();
    expect(() => readNpy(path)).toThrow(expect.objectContaining({ code, exitCode: 1 }));
  });

  test("a missing file is a fault", () => {
    expect(() => readNpy(join(folder, "none.npy"))).toThrow(
      expect.objectContaining({ code: "file-missing" }),
    );
  });
});

describe("writing .npy", () => {
  test.each<Tensor>([
    { element: "f32", shape: [2, 2], data: Float32Array.of(1, -0, Number.POSITIVE_INFINITY, 0.1) },
    { element: "i32", shape: [3], data: Int32Array.of(1, -2, 3) },
    { element: "u32", shape: [2], data: Uint32Array.of(1, 4294967295) },
    { element: "bool", shape: [], data: Int32Array.of(1) },
  ])("$element comes back as it was", (tensor) => {
    writeNpy(path, tensor);
    expect(readNpy(path)).toEqual(tensor);
    expect(readNpyHeader(path).dataStart % 64).toBe(0);
  });

  test("the header is what numpy expects", () => {
    writeNpy(path, { element: "f32", shape: [3], data: new Float32Array(3) });
    const text = readFileSync(path).subarray(10, 128).toString("latin1");
    expect(text.trimEnd()).toBe("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }");
    expect(text.endsWith("\n")).toBe(true);
  });

  test("nothing but the file is left, and a folder that cannot be made is a fault", () => {
    expect(readdirSync(folder)).toEqual(["a.npy"]);
    const tensor: Tensor = { element: "f32", shape: [1], data: new Float32Array(1) };
    expect(() => writeNpy(join(path, "inside-a-file.npy"), tensor)).toThrow(
      expect.objectContaining({ exitCode: 1 }),
    );
    expect(readdirSync(folder)).toEqual(["a.npy"]);
  });
});

describe("inputs", () => {
  const spec: InputSpec = {
    name: "x",
    element: "f32",
    shape: [
      { name: "B", size: 1 },
      { name: "N", size: 3 },
    ],
    tensor: 0,
    reader: undefined,
  };

  test("a leading dimension of size 1 may be left out, and whole numbers may be real ones", async () => {
    writeRaw(1, dictionary("<i4", "(3,)"), Int32Array.of(1, 2, 3));
    expect(await readInput(spec, path)).toEqual({
      element: "f32",
      shape: [1, 3],
      data: Float32Array.of(1, 2, 3),
    });
  });

  test("a tensor of a safetensors file", async () => {
    const file = join(folder, "x.safetensors");
    const tensor: Tensor = { element: "f32", shape: [1, 3], data: Float32Array.of(4, 5, 6) };
    writeSafetensors(file, {
      "a.b": tensor,
      flags: { element: "bool", shape: [1], data: Int32Array.of(1) },
    });
    expect(await readInput(spec, `${file}:a.b`)).toEqual(tensor);
    expect(peekInput(spec, `${file}:a.b`)).toEqual({ shape: [1, 3] });
    await expect(readInput(spec, `${file}:a.c`)).rejects.toMatchObject({
      code: "tensor-missing",
      hint: expect.stringContaining("`a.b`"),
    });
    await expect(readInput(spec, file)).rejects.toMatchObject({ code: "bad-value" });
  });

  test("random values are the same everywhere and differ by seed and name", async () => {
    const first = await readInput(spec, "random:1");
    expect([...first.data]).toEqual([0.18955957889556885, 0.8419920206069946, -0.6583691835403442]);
    expect(await readInput(spec, "random:1")).toEqual(first);
    expect(await readInput(spec, "random:2")).not.toEqual(first);
    expect(await readInput({ ...spec, name: "y" }, "random:1")).not.toEqual(first);
    expect(peekInput(spec, "random:1")).toBeUndefined();
    await expect(readInput(spec, "random:one")).rejects.toMatchObject({ code: "bad-value" });
    await expect(readInput(spec, "random:-1")).rejects.toMatchObject({ code: "bad-value" });
  });

  test.each([
    ["<i8", BigInt64Array.of(0n, 1n, 1n), "I64"],
    ["<u8", BigUint64Array.of(0n, 1n, 1n), "U64"],
    ["<i4", Int32Array.of(0, 1, 1), "I32"],
    ["<u4", Uint32Array.of(0, 1, 1), "U32"],
    ["<i2", Int16Array.of(0, 1, 1), "I16"],
    ["<u2", Uint16Array.of(0, 1, 1), "U16"],
    ["|i1", Int8Array.of(0, 1, 1), "I8"],
    ["|u1", Uint8Array.of(0, 1, 1), "U8"],
    ["|b1", Uint8Array.of(0, 1, 1), "BOOL"],
  ] as const)(
    "whole numbers of any width are taken, and it is said: %s",
    async (descr, data, type) => {
      writeRaw(1, dictionary(descr, "(3,)"), data);
      const stored = join(folder, "whole.safetensors");
      writeStored(stored, type, data);
      for (const element of ["f32", "i32", "u32", "bool"] as const) {
        for (const value of [path, `${stored}:x`]) {
          const notes: string[] = [];
          const note = (text: string): number => notes.push(text);
          const tensor = await readInput({ ...spec, element }, value, undefined, note);
          expect(tensor.element).toBe(element);
          expect([...tensor.data]).toEqual([0, 1, 1]);
          const isAlike = type.toLowerCase() === element;
          expect(notes).toEqual(
            isAlike
              ? []
              : [`\`x\`: ${value} holds ${type}, and each of its numbers is a ${element}`],
          );
        }
      }
    },
  );

  test.each([
    ["<i8", BigInt64Array.of(1n, 2n, 1n << 31n), "i32", "2147483648 at [2]"],
    ["<i8", BigInt64Array.of(1n, -1n, 5n), "u32", "-1 at [1]"],
    ["<i8", BigInt64Array.of(1n, 2n ** 53n + 1n, 5n), "f32", "9007199254740993 at [1]"],
    ["<u8", BigUint64Array.of(2n ** 64n - 1n, 0n, 0n), "u32", "18446744073709551615 at [0]"],
    ["<u4", Uint32Array.of(1, 2, 4294967295), "i32", "4294967295 at [2]"],
    ["<i4", Int32Array.of(1, 16777217, 0), "f32", "16777217 at [1]"],
    ["|u1", Uint8Array.of(1, 0, 2), "bool", "2 at [2]"],
  ] as const)(
    "the first that does not fit is named: %s %o as %s",
    async (descr, data, element, found) => {
      writeRaw(1, dictionary(descr, "(3,)"), data);
      await expect(readInput({ ...spec, element }, path)).rejects.toMatchObject({
        code: "wrong-element",
        message: `\`x\` holds ${found} and the mode needs ${element}`,
      });
    },
  );

  test("wrong shapes and elements are faults", async () => {
    writeRaw(1, dictionary("<f4", "(4,)"), Float32Array.of(1, 2, 3, 4));
    expect(peekInput(spec, path)).toEqual({ shape: [4] });
    await expect(readInput(spec, path)).rejects.toMatchObject({
      code: "wrong-shape",
      message: "`x` was given as [4] and the mode needs [B = 1, N = 3]",
    });
    writeRaw(1, dictionary("<f4", "(3,)"), Float32Array.of(1, 2, 3));
    await expect(readInput({ ...spec, element: "i32" }, path)).rejects.toMatchObject({
      code: "wrong-element",
    });
    writeRaw(1, dictionary("<i4", "(3,)"), Int32Array.of(0, 1, 2));
    await expect(readInput({ ...spec, element: "bool" }, path)).rejects.toMatchObject({
      code: "wrong-element",
    });
    await expect(readInput(spec, join(folder, "none.npy"))).rejects.toMatchObject({
      code: "file-missing",
    });
    await expect(readInput(spec, join(folder, "none.jpg"))).rejects.toMatchObject({
      code: "file-missing",
    });
    await expect(readInput(spec, "nonsense")).rejects.toMatchObject({ code: "bad-value" });
  });
});
