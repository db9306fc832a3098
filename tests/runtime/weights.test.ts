import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { CheckpointRead, CheckpointSource, StoredSpec } from "../../compiler/artifact.ts";
import type { RuntimeFault } from "../../runtime/faults.ts";
import { Checkpoint, readHeaders } from "../../runtime/weights/checkpoint.ts";
import { resolveRead } from "../../runtime/weights/checkpoint-read.ts";
import { matchesPattern } from "../../runtime/weights/match-pattern.ts";
import { readTensor } from "../../runtime/weights/read-tensor.ts";
import { writeSafetensors } from "../../runtime/weights/write-safetensors.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-weights-"));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, "model.safetensors");

function writeRaw(header: unknown, data: Uint8Array, to = path): void {
  const json = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  writeFileSync(to, Buffer.concat([length, json, data]));
}

function faultOf(action: () => unknown): RuntimeFault {
  try {
    action();
  } catch (error) {
    return error as RuntimeFault;
  }
  throw new Error("nothing was thrown");
}

function ramp(shape: number[], start = 0): { element: "f32"; shape: number[]; data: Float32Array } {
  const count = shape.reduce((product, size) => product * size, 1);
  return {
    element: "f32",
    shape,
    data: Float32Array.from({ length: count }, (_, index) => start + index),
  };
}

describe("safetensors", () => {
  test.each([
    ["F32", Float32Array.of(1, -2), [1, -2]],
    ["F64", Float64Array.of(0.1, -2), [Math.fround(0.1), -2]],
    ["F16", Uint16Array.of(0x3c00, 0xfbff), [1, -65504]],
    ["BF16", Uint16Array.of(0x3f80, 0xc000), [1, -2]],
    ["I64", BigInt64Array.of(-5n, 6n), [-5, 6]],
    ["I32", Int32Array.of(-5, 6), [-5, 6]],
    ["U8", Uint8Array.of(5, 255), [5, 255]],
    ["BOOL", Uint8Array.of(0, 1), [0, 1]],
  ] as const)("%s is read", (dtype, data, wanted) => {
    writeRaw(
      { a: { dtype, shape: [2], data_offsets: [0, data.byteLength] } },
      new Uint8Array(data.buffer),
    );
    expect([...readTensor(path, "a").data]).toEqual(wanted);
  });

  test("what is written is read, and only the file is left", () => {
    const tensors = {
      "a.weight": ramp([2, 3]),
      ids: { element: "i32", shape: [2], data: Int32Array.of(7, -1) },
      mask: { element: "bool", shape: [3], data: Int32Array.of(1, 0, 1) },
      one: { element: "f32", shape: [], data: Float32Array.of(5) },
    } as const;
    const target = join(folder, "written", "out.safetensors");
    writeSafetensors(target, tensors, { format: "pt" });
    for (const [key, tensor] of Object.entries(tensors))
      expect(readTensor(target, key)).toEqual(tensor);
    expect(readdirSync(join(folder, "written"))).toEqual(["out.safetensors"]);
    expect(Number(readFileSync(target).readBigUInt64LE(0)) % 8).toBe(0);
  });

  const good = { dtype: "F32", shape: [2], data_offsets: [0, 8] };
  test.each<[string, () => void, string, RegExp]>([
    ["an empty file", () => writeFileSync(path, ""), "not-safetensors", /0 bytes/],
    [
      "another kind of file",
      () => writeFileSync(path, "PK\u0003\u0004 zip archives begin so"),
      "not-safetensors",
      /header/,
    ],
    [
      "a header that ends too early",
      () =>
        writeFileSync(
          path,
          Buffer.concat([Buffer.from([200, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('{"a":')]),
        ),
      "file-truncated",
      /208/,
    ],
    ["no JSON", () => writeRaw("{nonsense", new Uint8Array()), "not-safetensors", /not JSON/],
    ["a list", () => writeRaw("[1]", new Uint8Array()), "not-safetensors", /JSON object/],
    [
      "data missing",
      () => writeRaw({ a: { ...good, shape: [4], data_offsets: [0, 16] } }, new Uint8Array(8)),
      "file-truncated",
      /too early/,
    ],
    [
      "offsets against the shape",
      () => writeRaw({ a: { ...good, shape: [3] } }, new Uint8Array(8)),
      "not-safetensors",
      /12 bytes.*span 8/,
    ],
    [
      "a negative offset",
      () => writeRaw({ a: { ...good, data_offsets: [-8, 0] } }, new Uint8Array(8)),
      "not-safetensors",
      /data_offsets/,
    ],
    [
      "overlapping tensors",
      () => writeRaw({ a: good, b: { ...good, data_offsets: [4, 12] } }, new Uint8Array(12)),
      "not-safetensors",
      /`a` and `b` overlap/,
    ],
    [
      "an unknown type",
      () => writeRaw({ a: { ...good, dtype: "Q4_K" } }, new Uint8Array(8)),
      "not-safetensors",
      /Q4_K/,
    ],
    [
      "no shape",
      () => writeRaw({ a: { dtype: "F32", data_offsets: [0, 8] } }, new Uint8Array(8)),
      "not-safetensors",
      /shape/,
    ],
    [
      "metadata that is no text",
      () => writeRaw({ __metadata__: { a: 1 } }, new Uint8Array()),
      "not-safetensors",
      /metadata/,
    ],
  ])("%s is a fault", (_, write, code, message) => {
    write();
    const found = faultOf(() => readHeaders(path));
    expect(found).toMatchObject({ code, exitCode: 1 });
    expect(found.message).toMatch(message);
    expect(found.message).toContain(path);
  });

  test("a type that the format knows and Weft does not is a fault only when it is wanted", () => {
    writeRaw({ a: { dtype: "F8_E4M3", shape: [4], data_offsets: [0, 4] } }, new Uint8Array(4));
    expect(readHeaders(path).tensors).toEqual({ a: { dtype: "F8_E4M3", shape: [4], bytes: 4 } });
    expect(faultOf(() => readTensor(path, "a")).code).toBe("tensor-unusable");
  });
});

describe("folders of weights", () => {
  const shards = join(folder, "sharded");
  mkdirSync(shards);
  const index = join(shards, "model.safetensors.index.json");
  const writeIndex = (weightMap: unknown) =>
    writeFileSync(index, JSON.stringify({ metadata: {}, weight_map: weightMap }));
  writeSafetensors(join(shards, "model-1.safetensors"), { a: ramp([2]), shared: ramp([1], 10) });
  writeSafetensors(join(shards, "model-2.safetensors"), { b: ramp([3], 5), shared: ramp([1], 20) });

  test("an index says which shard holds what, and config.json is read along", () => {
    writeIndex({
      a: "model-1.safetensors",
      b: "model-2.safetensors",
      shared: "model-2.safetensors",
    });
    writeFileSync(join(shards, "config.json"), '{"hidden_size": 2}');
    const headers = readHeaders(shards);
    expect(headers.config).toBe('{"hidden_size": 2}');
    expect(Object.keys(headers.tensors).toSorted()).toEqual(["a", "b", "shared"]);
    expect([...readTensor(shards, "shared").data]).toEqual([20]);
    expect([...readTensor(index, "b").data]).toEqual([5, 6, 7]);
  });

  test.each<[string, unknown, RegExp]>([
    ["a shard that is missing", { a: "model-9.safetensors" }, /model-9/],
    ["a tensor that its shard lacks", { c: "model-1.safetensors" }, /does not hold `c`/],
    ["a shard elsewhere", { a: "../model.safetensors" }, /same folder/],
    ["no map", null, /weight_map/],
  ])("%s is a fault", (_, weightMap, message) => {
    writeIndex(weightMap);
    const found = faultOf(() => readHeaders(shards));
    expect(found.code).toBe("bad-index");
    expect(found.message).toMatch(message);
  });

  test("a folder without weights and a missing path are faults", () => {
    const empty = join(folder, "empty");
    mkdirSync(empty);
    expect(faultOf(() => readHeaders(empty)).code).toBe("no-weights-in-folder");
    expect(faultOf(() => readHeaders(join(folder, "nowhere"))).code).toBe("file-missing");
  });
});

type Target = Pick<StoredSpec, "path" | "shape">;

describe("reads of a layout", () => {
  const parameter = (...sizes: number[]): Target => ({
    path: "p",
    shape: sizes.map((size) => ({ name: "A", size })),
  });
  const elements = (source: CheckpointSource, target: Target): number[] => {
    const file = join(folder, "layout.safetensors");
    writeSafetensors(file, { m: ramp([4, 3]), n: ramp([2, 3], 100), one: ramp([1, 4, 1, 3]) });
    const checkpoint = Checkpoint.open(file);
    try {
      const read: CheckpointRead = { parameter: "p", source, resample: undefined };
      const resolved = resolveRead(checkpoint, read, target);
      if (resolved === undefined) throw new Error("no source");
      const bytes = new Uint8Array(resolved.elements.count * 4);
      // In two pieces, so that a boundary lies inside.
      const middle = Math.floor(resolved.elements.count / 2);
      resolved.elements.read(bytes.subarray(0, middle * 4), 0);
      resolved.elements.read(bytes.subarray(middle * 4), middle);
      return [...new Float32Array(bytes.buffer)];
    } finally {
      checkpoint.close();
    }
  };
  const counting = (count: number, start = 0) =>
    Array.from({ length: count }, (_, index) => start + index);

  test("a key, apart from dimensions of size 1", () => {
    expect(elements({ kind: "key", key: "m" }, parameter(4, 3))).toEqual(counting(12));
    expect(elements({ kind: "key", key: "one" }, parameter(4, 3))).toEqual(counting(12));
    expect(elements({ kind: "key", key: "m" }, parameter(1, 4, 3))).toEqual(counting(12));
  });

  test("concat, part and transpose", () => {
    expect(elements({ kind: "concat", keys: ["m", "n"] }, parameter(6, 3))).toEqual([
      ...counting(12),
      ...counting(6, 100),
    ]);
    expect(elements({ kind: "part", key: "m", index: 1, of: 2 }, parameter(2, 3))).toEqual(
      counting(6, 6),
    );
    expect(elements({ kind: "transpose", key: "n" }, parameter(3, 2))).toEqual([
      100, 103, 101, 104, 102, 105,
    ]);
  });

  test.each<[string, CheckpointSource, Target, string]>([
    ["another shape", { kind: "key", key: "m" }, parameter(3, 4), "tensor-misshapen"],
    [
      "a shape that only has the same count",
      { kind: "key", key: "m" },
      parameter(12),
      "tensor-misshapen",
    ],
    ["a missing key", { kind: "key", key: "mm" }, parameter(4, 3), "tensor-missing"],
    [
      "a part that does not divide",
      { kind: "part", key: "m", index: 0, of: 3 },
      parameter(1, 3),
      "tensor-misshapen",
    ],
    [
      "a transposed one that is not",
      { kind: "transpose", key: "n" },
      parameter(2, 3),
      "tensor-misshapen",
    ],
    [
      "a sum that is too long",
      { kind: "concat", keys: ["m", "n"] },
      parameter(5, 3),
      "tensor-misshapen",
    ],
  ])("%s is a fault", (_, source, target, code) => {
    expect(faultOf(() => elements(source, target))).toMatchObject({ code, exitCode: 1 });
  });

  test("a misshapen tensor says both shapes", () => {
    const found = faultOf(() => elements({ kind: "key", key: "m" }, parameter(5, 3)));
    expect(found.message).toMatch(
      /`m` in `.*layout\.safetensors` is \[4, 3\] and the parameter `p` needs \[5, 3\]/,
    );
  });
});

describe("names", () => {
  test.each([
    ["a.b.c", "a.*.c", true],
    ["a.b.c", "a.*", false],
    ["a.b.c", "a.**", true],
    ["a", "a.**", false],
    ["a.b.c", "**.c", true],
    ["a.b.c", "**.b.**", true],
    ["logit_scale", "logit_scale", true],
    ["logit_scale2", "logit_scale", false],
  ])("%s against %s: %s", (key, pattern, fits) => {
    expect(matchesPattern(key, pattern)).toBe(fits);
  });
});
