import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { diskLoader } from "../../compiler/api/load/disk-loader.ts";
import type { Artifact, TensorSpec } from "../../compiler/artifact.ts";
import { type CompileRequest, compile } from "../../compiler/compile.ts";
import { renderDiagnostics } from "../../compiler/diagnostics/render.ts";
import type { Device } from "../../runtime/device/device.ts";
import { deviceProfile } from "../../runtime/device/device-profile.ts";
import { Executable } from "../../runtime/execute/executable.ts";
import { writeAtomically } from "../../runtime/files/atomic-write.ts";
import { Session } from "../../runtime/session.ts";
import { loadStored } from "../../runtime/stored/load-stored.ts";
import { saveStored } from "../../runtime/stored/save-stored.ts";
import { parseWeightSource } from "../../runtime/weights/weight-source.ts";
import { safetensorsHeader } from "../../runtime/weights/write-safetensors.ts";
import { type Layout, parametersArtifact } from "../support/artifacts/parameters-artifact.ts";
import { generator } from "../support/graphs/random-tensors.ts";
import { openTestDevice, testDrivers } from "../support/open-test-device.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-save-"));
afterAll(() => rmSync(folder, { recursive: true }));

const shape: [number, number] = [8, 24];
const packings: readonly TensorSpec["packing"][] = [
  { kind: "row-major" },
  { kind: "transposed", rows: 8, columns: 24, stride: 8 },
  { kind: "transposed", rows: 8, columns: 24, stride: 12 },
  { kind: "interleaved", columns: 24, lines: 4, run: 8 },
];
const dtypes = { f32: "F32", f16: "F16", bf16: "BF16" } as const;

/** A checkpoint of any bits at all: NaNs and what else there is. */
function randomBits({ stored, program }: Artifact, path: string): void {
  const entries = stored.map((spec) => {
    const storage = program.tensors[spec.tensor]?.storage;
    if (storage !== "f32" && storage !== "f16" && storage !== "bf16") throw new Error("no float");
    const sizes = spec.shape.map(({ size }) => size);
    const count = sizes.reduce((a, b) => a * b, 1);
    const bytes = count * (storage === "f32" ? 4 : 2);
    return { key: spec.path, dtype: dtypes[storage], shape: sizes, bytes };
  });
  const next = generator(7);
  const data = Uint8Array.from({ length: entries.reduce((sum, { bytes }) => sum + bytes, 0) }, () =>
    Math.floor(256 * next()),
  );
  writeAtomically(path, [safetensorsHeader(entries), data]);
}

async function roundTrip(artifact: Artifact, device: Device, name: string): Promise<void> {
  const [from, to] = [
    join(folder, `${name}-from.safetensors`),
    join(folder, `${name}-to.safetensors`),
  ];
  randomBits(artifact, from);
  const executable = await Executable.create(artifact.program, device);
  try {
    await loadStored(artifact, executable, parseWeightSource(from));
    await saveStored(executable, artifact.stored, to);
  } finally {
    executable.dispose();
  }
  expect(readFileSync(to).equals(readFileSync(from))).toBe(true);
}

function compiled(device: Device, request: Partial<CompileRequest>): Artifact {
  const { artifact, diagnostics } = compile({
    entry: "models/internvit/internvit.weft",
    model: "InternViT_tiny",
    mode: "forward",
    loader: diskLoader(process.cwd()),
    profile: deviceProfile(device),
    ...request,
  });
  if (artifact === undefined) throw new Error(renderDiagnostics(diagnostics));
  return artifact;
}

describe.each(testDrivers)("what is loaded is saved bit for bit on %s", (driver) => {
  let device: Device | undefined;
  beforeAll(async () => {
    device = await openTestDevice(driver);
  });
  afterAll(() => device?.dispose());

  test.each(["f32", "f16", "bf16"] as const)("from every packing, as %s", async (storage) => {
    if (device === undefined) return;
    const layouts = packings.map((packing): Layout => ({ storage, packing }));
    const artifact = parametersArtifact(
      layouts.map((layout, n) => ({ path: `part${n}.weight`, shape, layout })),
    );
    await roundTrip(artifact, device, `${driver}-${storage}`);
  });

  test("from several tensors that one was cut into, each packed in its way", async () => {
    if (device === undefined) return;
    const whole = parametersArtifact(
      packings.map((packing, n) => ({ path: `${n}`, shape, layout: { storage: "f16", packing } })),
    );
    const parts = packings.map((_, tensor) => ({ tensor, first: 192 * tensor, count: 192 }));
    const spec = whole.stored.slice(0, 1).map((one) => ({
      ...one,
      path: "table.weight",
      shape: [
        { name: "A", size: 8 * packings.length },
        { name: "B", size: 24 },
      ],
      parts,
    }));
    await roundTrip({ ...whole, stored: spec }, device, `${driver}-parts`);
  });

  test.each(["f32", "f16"] as const)(
    "from a model as its schedules want it, in %s",
    async (precision) => {
      if (device === undefined) return;
      const artifact = compiled(device, { precision });
      const packed = artifact.program.tensors.filter(({ packing }) => packing.kind !== "row-major");
      expect(packed).not.toEqual([]);
      await roundTrip(
        { ...artifact, program: { ...artifact.program, kernels: [], dispatches: [] } },
        device,
        `${driver}-vit-${precision}`,
      );
    },
  );

  test("and nothing is written where a weight is not there whole", async () => {
    if (device === undefined) return;
    const narrow = compiled(device, {
      entry: "models/llama/llama.weft",
      model: "Llama_tiny",
      mode: "logits",
      quantize: "int8",
    });
    const all = compiled(device, {}).program.buffers.reduce((sum, { bytes }) => sum + bytes, 0);
    const streamed = compiled(device, { memory: 0.6 * all });
    expect(streamed.program.streaming).toBeDefined();
    for (const [artifact, reason] of [
      [narrow, "it is stored in few bits"],
      [streamed, "it passes through the device a piece at a time"],
    ] as const) {
      const session = await Session.create(artifact, device);
      const path = join(folder, "refused.safetensors");
      try {
        await expect(session.save(path)).rejects.toMatchObject({
          code: "not-saveable",
          message: expect.stringContaining(reason),
        });
      } finally {
        session.dispose();
      }
      expect(() => readFileSync(path)).toThrow(/ENOENT/);
    }
  });
});
