import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Artifact, TensorSpec } from "../../compiler/artifact.ts";
import type { Device } from "../../runtime/device/device.ts";
import { Executable } from "../../runtime/execute/executable.ts";
import { Readback } from "../../runtime/execute/readback.ts";
import { decodeNumbers } from "../../runtime/execute/storage.ts";
import { loadStored } from "../../runtime/stored/load-stored.ts";
import { parseWeightSource } from "../../runtime/weights/weight-source.ts";
import { writeSafetensors } from "../../runtime/weights/write-safetensors.ts";
import { type Layout, parametersArtifact } from "../support/artifacts/parameters-artifact.ts";
import { openTestDevice, testDrivers } from "../support/open-test-device.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-load-"));
afterAll(() => rmSync(folder, { recursive: true }));

const rowMajor: TensorSpec["packing"] = { kind: "row-major" };

async function load(
  device: Device,
  artifact: Artifact,
  source: string,
  onBytes?: (bytes: number) => void,
) {
  const executable = await Executable.create(artifact.program, device);
  try {
    const report = await loadStored(artifact, executable, parseWeightSource(source), (progress) =>
      onBytes?.(progress.doneBytes),
    );
    const readback = await Readback.create(
      executable,
      artifact.stored.map((_, index) => index),
    );
    await device.attempt("reading", () => {
      const encoder = device.gpu.createCommandEncoder();
      readback.encode(encoder);
      device.gpu.queue.submit([encoder.finish()]);
    });
    const numbers = await readback.read((bytes, slot) => {
      const { storage } = executable.tensor(slot);
      return decodeNumbers(bytes, storage, bytes.length / (storage === "f32" ? 4 : 2));
    });
    readback.dispose();
    return { report, numbers };
  } finally {
    executable.dispose();
  }
}

describe.each(testDrivers)("weights on %s", (driver) => {
  let device: Device | undefined;
  beforeAll(async () => {
    device = await openTestDevice(driver);
  });
  afterAll(() => device?.dispose());

  const small: [number, number] = [5, 3];
  const transposed = (stride: number): TensorSpec["packing"] => ({
    kind: "transposed",
    rows: 5,
    columns: 3,
    stride,
  });

  test.each(["random:0", "file"])("every storage and packing from %s", async (kind) => {
    if (device === undefined) return;
    const layouts: Layout[] = (["f32", "f16", "bf16"] as const).flatMap((storage) => [
      { storage, packing: rowMajor },
      { storage, packing: transposed(5) },
      { storage, packing: transposed(8) },
    ]);
    const artifact = parametersArtifact(
      layouts.map((layout, index) => ({ path: `p${index}`, shape: small, layout })),
    );
    const file = join(folder, "small.safetensors");
    const ramp = {
      element: "f32",
      shape: small,
      data: Float32Array.from({ length: 15 }, (_, index) => index),
    } as const;
    writeSafetensors(file, Object.fromEntries(layouts.map((_, index) => [`p${index}`, ramp])));
    const { numbers, report } = await load(device, artifact, kind === "file" ? file : kind);
    expect(report.initialised).toHaveLength(kind === "file" ? 0 : 9);
    layouts.forEach(({ packing }, index) => {
      const lines = [0, 1, 2].map((column) => [0, 1, 2, 3, 4].map((row) => row * 3 + column));
      const wanted =
        packing.kind === "transposed"
          ? lines.flatMap((line) => [...line, ...Array(packing.stride - 5).fill(0)])
          : [...ramp.data];
      expect([...(numbers[index] ?? [])].slice(0, wanted.length), `p${index}`).toEqual(wanted);
    });
  });

  test.each(["random:0", "file"])("interleaved lines from %s", async (kind) => {
    if (device === undefined) return;
    const shape: [number, number] = [8, 24];
    const data = Float32Array.from({ length: 192 }, (_, index) => index);
    const storages = ["f32", "f16", "bf16"] as const;
    const artifact = parametersArtifact(
      storages.map((storage) => ({
        path: storage,
        shape,
        layout: { storage, packing: { kind: "interleaved", columns: 24, lines: 4, run: 8 } },
      })),
    );
    const file = join(folder, "interleaved.safetensors");
    const ramp = { element: "f32", shape, data } as const;
    writeSafetensors(file, Object.fromEntries(storages.map((storage) => [storage, ramp])));
    const { numbers } = await load(device, artifact, kind === "file" ? file : kind);
    const runs = [0, 1].flatMap((block) =>
      [0, 1, 2].flatMap((turn) => [0, 1, 2, 3].map((line) => (4 * block + line) * 24 + 8 * turn)),
    );
    const wanted = runs.flatMap((first) => Array.from({ length: 8 }, (_, n) => first + n));
    for (const [n, storage] of storages.entries()) {
      expect([...(numbers[n] ?? [])], storage).toEqual(wanted);
    }
  });

  test("a tensor larger than a chunk comes in pieces, also across", async () => {
    if (device === undefined) return;
    const shape: [number, number] = [1500, 4099];
    const packing = { kind: "transposed", rows: 1500, columns: 4099, stride: 1504 } as const;
    const interleaved = { kind: "interleaved", columns: 4099, lines: 4, run: 4099 } as const;
    const artifact = parametersArtifact([
      { path: "a", shape, layout: { storage: "f32", packing: rowMajor } },
      { path: "b", shape, layout: { storage: "f32", packing } },
      { path: "d", shape, layout: { storage: "f32", packing: interleaved } },
    ]);
    const data = Float32Array.from({ length: 1500 * 4099 }, (_, index) => index);
    const file = join(folder, "large.safetensors");
    writeSafetensors(file, {
      a: { element: "f32", shape, data },
      b: { element: "f32", shape, data },
      d: { element: "f32", shape, data },
      c: { element: "f32", shape: [1], data: data.slice(0, 1) },
    });
    const steps: number[] = [];
    for (const source of ["random:0", file]) {
      const { numbers, report } = await load(device, artifact, source, (bytes) =>
        steps.push(bytes),
      );
      // Runs as long as a line leave everything where it was.
      for (const same of [0, 2]) {
        const own = Buffer.from(numbers[same]?.buffer as ArrayBuffer);
        expect(Buffer.compare(own, Buffer.from(data.buffer))).toBe(0);
      }
      const across = numbers[1] as Float32Array;
      let wrong = 0;
      for (let column = 0; column < 4099; column++) {
        for (let row = 0; row < 1504; row++)
          if (across[column * 1504 + row] !== (row < 1500 ? row * 4099 + column : 0)) wrong += 1;
      }
      expect(wrong).toBe(0);
      expect(report.unused).toEqual(source === file ? ["c"] : []);
    }
    expect(steps.length).toBeGreaterThanOrEqual(8);
    expect(steps.at(-1)).toBe(4 * (2 * 1500 * 4099 + 4099 * 1504));
  });

  test("a layout reads other keys, initialises the rest, and lists what is unused", async () => {
    if (device === undefined) return;
    const layout: Layout = { storage: "f32", packing: transposed(6) };
    const artifact: Artifact = {
      ...parametersArtifact(["a", "b", "c"].map((path) => ({ path, shape: small, layout }))),
      checkpoint: {
        layout: "other",
        prefix: "vision.",
        ignore: ["text.**"],
        reads: [
          {
            parameter: "a",
            source: { kind: "transpose", key: "vision.turned" },
            resample: undefined,
          },
          {
            parameter: "b",
            source: { kind: "part", key: "vision.pair", index: 1, of: 2 },
            resample: undefined,
          },
          { parameter: "c", source: undefined, resample: undefined },
        ],
      },
    };
    const numbersFrom = (length: number) => Float32Array.from({ length }, (_, index) => index * 10);
    const file = join(folder, "layout.safetensors");
    writeSafetensors(file, {
      "vision.turned": { element: "f32", shape: [3, 5], data: numbersFrom(15) },
      "vision.pair": { element: "f32", shape: [10, 3], data: numbersFrom(30) },
      "text.a.b": { element: "f32", shape: [1], data: numbersFrom(1) },
      "audio.a": { element: "f32", shape: [1], data: numbersFrom(1) },
    });
    const { numbers, report } = await load(device, artifact, file);
    const padded = (value: (row: number, column: number) => number) =>
      [0, 1, 2].flatMap((column) => [...[0, 1, 2, 3, 4].map((row) => value(row, column)), 0]);
    expect([...(numbers[0] ?? [])]).toEqual(padded((row, column) => (column * 5 + row) * 10));
    expect([...(numbers[1] ?? [])]).toEqual(padded((row, column) => (15 + row * 3 + column) * 10));
    expect([...(numbers[2] ?? [])]).toEqual(padded((row, column) => row * 3 + column));
    expect(report).toMatchObject({
      initialised: ["c"],
      unused: ["audio.a"],
      ignored: ["text.a.b"],
    });
  });

  test("a grid of another size is resized by the layout's program", async () => {
    if (device === undefined) return;
    const plain = (name: string, shape: number[], buffer: number): TensorSpec => ({
      name,
      shape,
      storage: "f32",
      buffer,
      offset: 0,
      bytes: 4 * shape.reduce((product, size) => product * size, 1),
      packing: rowMajor,
    });
    const base = parametersArtifact([
      {
        path: "grid",
        shape: [4, 2],
        layout: { storage: "f32", packing: { kind: "transposed", rows: 4, columns: 2, stride: 4 } },
      },
    ]);
    const doubling: Artifact["program"] = {
      ...base.program,
      tensors: [plain("small", [2, 2], 0), plain("large", [4, 2], 1)],
      buffers: [
        { name: "small", role: "input", bytes: 16 },
        { name: "large", role: "output", bytes: 32 },
      ],
      kernels: [
        {
          name: "double",
          engine: "map",
          schedule: "by hand",
          entryPoint: "main",
          immediates: [],
          features: [],
          bindings: [{ access: "read" }, { access: "read_write" }],
          wgsl: `
@group(0) @binding(0) var<storage, read> small: array<f32>;
@group(0) @binding(1) var<storage, read_write> large: array<f32>;
@compute @workgroup_size(8)
fn main(@builtin(global_invocation_id) id: vec3u) { if (id.x < 8u) { large[id.x] = small[(id.x / 4u) * 2u + id.x % 2u]; } }`,
        },
      ],
      dispatches: [
        {
          kernel: 0,
          workgroups: [1, 1, 1],
          tensors: [0, 1],
          label: "double",
          part: "",
          places: [],
          flops: 0,
          bytesRead: 0,
          bytesWritten: 0,
          holds: [],
          endsBecause: "",
        },
      ],
    };
    const artifact: Artifact = {
      ...base,
      checkpoint: {
        layout: "resized",
        prefix: "",
        ignore: [],
        reads: [
          {
            parameter: "grid",
            source: { kind: "key", key: "grid" },
            resample: { shape: [1, 2, 2], program: doubling, input: 0, output: 1 },
          },
        ],
      },
    };
    const file = join(folder, "grid.safetensors");
    writeSafetensors(file, {
      grid: { element: "f32", shape: [1, 2, 2], data: Float32Array.of(1, 2, 3, 4) },
    });
    const { numbers, report } = await load(device, artifact, file);
    expect([...(numbers[0] ?? [])]).toEqual([1, 1, 3, 3, 2, 2, 4, 4]);
    expect(report.resampled).toEqual(["grid"]);
  });

  test("nothing is loaded when anything is missing", async () => {
    if (device === undefined) return;
    const file = join(folder, "layout.safetensors");
    const artifact = parametersArtifact([
      { path: "absent", shape: small, layout: { storage: "f32", packing: rowMajor } },
    ]);
    const steps: number[] = [];
    await expect(load(device, artifact, file, (bytes) => steps.push(bytes))).rejects.toMatchObject({
      code: "tensor-missing",
    });
    expect(steps).toEqual([]);
  });
});
