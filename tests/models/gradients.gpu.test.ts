import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Device } from "../../runtime/device/device.ts";
import { deviceProfile } from "../../runtime/device/device-profile.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import { readHeaders } from "../../runtime/weights/checkpoint.ts";
import { readTensor } from "../../runtime/weights/read-tensor.ts";
import { relativeError } from "../support/graphs/run-mode.ts";
import { runStage } from "../support/graphs/run-stage.ts";
import { openTestDevice, testDrivers } from "../support/open-test-device.ts";

const oracle = resolve("../shared/oracle");
const tiny = join(oracle, "internvl-tiny");

interface Case {
  readonly stage: string;
  readonly phase?: string;
  readonly overrides?: Readonly<Record<string, number>>;
  /** File of the inputs, and the tensor for each. */
  readonly inputs: readonly [string, Readonly<Record<string, string>>];
  readonly sizes: Readonly<Record<string, number>>;
  /** File and tensor of each output beside the gradients. */
  readonly losses: readonly [string, Readonly<Record<string, string>>];
  readonly gradients: string;
  readonly precision?: "f16";
}

const pairs = [
  "internvl-tiny/contrastive_inputs",
  { pixels: "pixel_values", ids: "input_ids" },
] as const;
const packed = { pixels: "pixel_values", itc_ids: "summarize_input_ids" } as const;
const still = { "vision_model.drop_path": 0, "vision_model.image": 56 } as const;

/** Stages of the paper, and what the official code gives for their losses and gradients. */
const cases: readonly Case[] = [
  {
    stage: "contrast",
    phase: "full",
    overrides: still,
    inputs: pairs,
    sizes: { B: 2, Text: 9 },
    losses: ["internvl-tiny/outputs", { loss: "loss.C" }],
    gradients: "internvl-tiny/grads_C",
  },
  {
    stage: "contrast_g",
    inputs: pairs,
    sizes: { B: 2, Text: 9 },
    losses: ["internvl-tiny/outputs", { loss: "loss.G" }],
    gradients: "internvl-tiny/grads_G",
  },
  {
    stage: "retrieval",
    overrides: still,
    inputs: [
      "retrieval_ft/inputs",
      {
        ...packed,
        image_id: "image_ids",
        ids: "positive_input_ids",
        wrong_ids: "negative_input_ids",
      },
    ],
    sizes: { B: 6, Text: 12 },
    losses: ["retrieval_ft/outputs", { loss: "loss" }],
    gradients: "retrieval_ft/grads",
  },
  ...["plain", "empties"].map(
    (name, n): Case => ({
      stage: "align",
      inputs: [
        `stage2/${name}/inputs`,
        {
          ...packed,
          itm_ids: "itm_input_ids",
          itg_ids: "input_ids",
          itg_labels: "labels",
        },
      ],
      sizes: { B: 4 + n, Text: 14 },
      losses: [
        `stage2/${name}/outputs`,
        { loss: "loss", itm: "loss_itm", itc: "loss_itc", itg: "loss_itg" },
      ],
      gradients: `stage2/${name}/grads`,
    }),
  ),
  {
    stage: "contrast",
    phase: "full",
    precision: "f16",
    overrides: still,
    inputs: pairs,
    sizes: { B: 2, Text: 9 },
    losses: ["internvl-tiny/outputs", { loss: "loss.C" }],
    gradients: "internvl-tiny/grads_C",
  },
];

/** Every case on every adapter takes minutes: without being asked for, the first on the first. */
const isAll = process.env.WEFT_ALL_GRADIENTS !== undefined;
const timeout = isAll ? 1_200_000 : 120_000;

describe.each(isAll ? testDrivers : testDrivers.slice(0, 1))(
  "gradients against the official code, on %s",
  (driver) => {
    let device: Device | undefined;
    beforeAll(async () => {
      device = await openTestDevice(driver);
    });
    afterAll(() => device?.dispose(), timeout);

    test.for(isAll ? cases : cases.slice(0, 1))(
      "$stage $precision",
      { timeout },
      async (one, context) => {
        if (!existsSync(oracle)) console.log("skipped: ../shared/oracle is not here");
        if (!existsSync(oracle) || device === undefined) return context.skip();
        const isNarrow = one.precision !== undefined;
        if (isNarrow && !deviceProfile(device).hasF16) return context.skip();
        const { stage, phase, sizes, precision } = one;
        const overrides = Object.entries(one.overrides ?? {}).map(([path, value]) => ({
          path,
          value,
        }));
        const entry = "models/internvl/stages.weft";
        const request = { entry, stage, phase, sizes, overrides, precision };
        const found = await runStage(device, tiny, read(...one.inputs), request);
        for (const [name, right] of Object.entries(read(...one.losses)))
          expect(relativeError(found[name]?.data ?? [], right.data), name).toBeLessThan(
            isNarrow ? 1e-3 : 2e-6,
          );
        const wanted = Object.keys(readHeaders(file(one.gradients)).tensors);
        const watched = ["loss", ...(watchesOf[stage] ?? [])];
        const names = Object.keys(found).filter((name) => !watched.includes(name));
        expect(names.toSorted()).toEqual(wanted.toSorted());
        for (const path of wanted) {
          const right = readTensor(file(one.gradients), path).data;
          const norm = Math.hypot(...right);
          const error = relativeError(found[path]?.data ?? [], right);
          // Some are 0 but for rounding: those have an absolute bound.
          if (norm > 1e-6) expect(error, path).toBeLessThan(isNarrow ? 6e-3 : 1e-5);
          else expect(error * norm, path).toBeLessThan(isNarrow ? 1e-3 : 1e-6);
        }
      },
    );
  },
);

const watchesOf: Readonly<Record<string, readonly string[]>> = {
  align: ["itm", "itc", "itg"],
  retrieval: ["no", "yes", "g", "c"],
};

const file = (path: string): string => join(oracle, `${path}.safetensors`);

function read(path: string, keys: Readonly<Record<string, string>>): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(keys).map(([name, key]) => [name, readTensor(file(path), key)]),
  );
}
