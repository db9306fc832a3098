import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { diskLoader } from "../../compiler/api/load/disk-loader.ts";
import { compileStage } from "../../compiler/compile-stage.ts";
import { renderDiagnostics } from "../../compiler/diagnostics/render.ts";
import type { StageArtifact } from "../../compiler/stage-artifact.ts";
import type { Device } from "../../runtime/device/device.ts";
import { deviceProfile } from "../../runtime/device/device-profile.ts";
import { Session } from "../../runtime/session.ts";
import { elementCount, type Tensor } from "../../runtime/tensor.ts";
import { generator } from "../support/graphs/random-tensors.ts";
import { heldDuring, plannedBytes } from "../support/held-bytes.ts";
import { openTestDevice } from "../support/open-test-device.ts";

/** All of them take minutes: without being asked for, the first. */
const asksForAll = process.env.WEFT_ALL_GRADIENTS !== undefined;

type Settings = Readonly<Record<string, number>>;

interface Case {
  readonly entry: string;
  readonly stage: string;
  readonly phase?: string;
  readonly sizes: Settings;
  readonly set: Settings;
  /** Of the arenas. */
  readonly share: number;
}

const language = { Vocab: 50, D: 32, Heads: 2, Hidden: 24, Slot: 16, depth: 3 };
const both = {
  ...sized("vision_model", { D: 32, Heads: 2, Hidden: 40, depth: 3, drop_path: 0 }),
  ...sized("qllama", language),
  ...{ E: 16, Query: 3 },
};
const internvl = { entry: "models/internvl/stages.weft", sizes: { B: 4, Text: 6 } } as const;
const all: readonly Case[] = [
  {
    entry: "models/llama/stages.weft",
    stage: "language",
    sizes: { B: 2, N: 16 },
    set: language,
    share: 0.6,
  },
  {
    ...internvl,
    stage: "contrast",
    phase: "full",
    set: { ...both, "vision_model.image": 56 },
    share: 0.55,
  },
  { ...internvl, stage: "align", set: { ...both, "vision_model.image": 56 }, share: 0.6 },
  {
    entry: "tests/compare/works/train.weft",
    stage: "classes",
    sizes: { B: 2 },
    set: { depth: 4 },
    share: 0.5,
  },
];

function sized(name: string, sizes: Settings): Settings {
  return Object.fromEntries(Object.entries(sizes).map(([key, size]) => [`${name}.${key}`, size]));
}

describe("gradients within a budget, on lavapipe", () => {
  let device: Device | undefined;
  beforeAll(async () => {
    device = await openTestDevice("lavapipe");
  });
  afterAll(() => device?.dispose());

  function artifactOf(on: Device, one: Case, memory?: number): StageArtifact {
    const { entry, stage, phase, sizes } = one;
    const overrides = Object.entries(one.set).map(([path, value]) => ({ path, value }));
    const loader = diskLoader(process.cwd());
    const profile = deviceProfile(on);
    const request = { entry, stage, phase, sizes, overrides, loader, profile, memory };
    const { artifact, diagnostics } = compileStage(request);
    if (artifact === undefined) throw new Error(renderDiagnostics(diagnostics));
    return artifact;
  }

  test.for(asksForAll ? all : all.slice(0, 1))(
    "of $stage have the same bits, and the device holds what was planned",
    { timeout: asksForAll ? 600_000 : 120_000 },
    async (one, context) => {
      if (device === undefined) return context.skip();
      const whole = artifactOf(device, one);
      const { arenaBytes } = whole.program.plan;
      const budget = plannedBytes(whole) - Math.ceil((1 - one.share) * arenaBytes);
      const less = artifactOf(device, one, budget);
      expect(less.program.plan.arenaBytes).toBeLessThanOrEqual(one.share * arenaBytes);
      expect(less.stage.memory?.budget).toBe(budget);
      expect(less.stage.memory?.recomputed.length).toBeGreaterThan(0);
      const [kept, again] = [await run(device, whole), await run(device, less)];
      expect(kept.held).toBe(plannedBytes(whole));
      expect(again.held).toBe(plannedBytes(less));
      expect(again.held).toBeLessThanOrEqual(budget);
      expect(Object.keys(again.outputs)).toEqual(Object.keys(kept.outputs));
      for (const [name, { data }] of Object.entries(kept.outputs)) {
        expect(data.every(Number.isFinite), name).toBe(true);
        expect(bitsOf(again.outputs[name]), name).toEqual(bitsOf(kept.outputs[name]));
      }
    },
  );
});

function bitsOf(tensor: Tensor | undefined): Uint32Array {
  const { buffer, byteOffset, length } = tensor?.data ?? new Float32Array();
  return new Uint32Array(buffer, byteOffset, length);
}

/** Runs the program once; `held` are the bytes that the device gave for it. */
async function run(
  device: Device,
  artifact: StageArtifact,
): Promise<{ readonly outputs: Readonly<Record<string, Tensor>>; readonly held: number }> {
  const { result: outputs, held } = await heldDuring(device, async () => {
    const session = await Session.create(artifact, device, "random:1");
    const outputs = await session.run(inputsOf(artifact), { seed: 0, step: 0 });
    session.dispose();
    return outputs;
  });
  return { outputs, held };
}

function inputsOf({ inputs }: StageArtifact): Readonly<Record<string, Tensor>> {
  const next = generator(3);
  return Object.fromEntries(
    inputs.map(({ name, element, shape, ids }): [string, Tensor] => {
      const sizes = shape.map(({ size }) => size);
      const length = elementCount(sizes);
      if (element === "f32") {
        const data = Float32Array.from({ length }, () => next() - 0.5);
        return [name, { element, shape: sizes, data }];
      }
      const data = Int32Array.from(
        { length },
        () => 1 + Math.floor(next() * ((ids?.size ?? 9) - 1)),
      );
      return [name, { element: "i32", shape: sizes, data }];
    }),
  );
}
