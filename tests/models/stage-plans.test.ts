import { describe, expect, test } from "vitest";
import { diskLoader } from "../../compiler/api/load/disk-loader.ts";
import { compileStage } from "../../compiler/compile-stage.ts";
import type { DeviceProfile } from "../../compiler/ir/device-profile.ts";
import { graphics, software } from "../support/profiles.ts";

type Settings = Readonly<Record<string, number>>;

const encoder = sized("vision_model", { D: 32, Heads: 2, Hidden: 40, depth: 1 });
const language = { Vocab: 50, D: 32, Heads: 2, Hidden: 24, Slot: 16, depth: 1 };
const both = { ...encoder, ...sized("qllama", language), E: 16, Query: 3 };
const small = { ...both, "vision_model.image": 28 };
/** What takes the place of an image is taken from a layer before the last. */
const deep = { ...encoder, "vision_model.depth": 4, ...sized("llm", language), image_token: 48 };

const internvl = "models/internvl/stages.weft";
const chat = "models/internvl/chat-stages.weft";
const pairs = { B: 4, Text: 6 };

interface Case {
  readonly entry: string;
  readonly stage: string;
  readonly phase?: string;
  readonly set: Settings;
  readonly sizes: Settings;
}

/** A loss over a vocabulary, and one of several tasks: what fusion has to be most careful with. */
const align: Case = { entry: internvl, stage: "align", set: small, sizes: pairs };
const some: readonly Case[] = [
  { entry: "models/llama/stages.weft", stage: "language", set: language, sizes: { B: 2, N: 7 } },
];

const all: readonly Case[] = [
  ...some,
  align,
  {
    entry: internvl,
    stage: "contrast",
    phase: "low",
    set: { ...both, "vision_model.drop_path": 0.1 },
    sizes: pairs,
  },
  { entry: internvl, stage: "contrast", phase: "full", set: both, sizes: pairs },
  { entry: internvl, stage: "contrast_g", set: small, sizes: pairs },
  { entry: internvl, stage: "retrieval", set: small, sizes: pairs },
  { entry: internvl, stage: "retrieval_head", set: small, sizes: pairs },
  { entry: internvl, stage: "retrieval_lora", set: small, sizes: pairs },
  {
    entry: chat,
    stage: "sft_c",
    phase: "language",
    set: { ...deep, "vision_model.image": 56 },
    sizes: { B: 2, N: 20 },
  },
  {
    entry: chat,
    stage: "sft_d",
    phase: "language",
    set: {
      ...deep,
      ...sized("glue.qllama", language),
      "glue.Query": 3,
      "vision_model.image": 28,
      query_token: 49,
    },
    sizes: { B: 2, N: 20 },
  },
];

const devices: readonly (readonly [string, DeviceProfile, readonly Case[]])[] = [
  ["8 tensors a kernel", { ...graphics, maxStorageBuffersPerShaderStage: 8 }, [...some, align]],
  ["a software adapter", { ...software, maxStorageBuffersPerShaderStage: 16 }, some],
];
const asksForAll = process.env.WEFT_ALL_GRADIENTS !== undefined;

describe.each(devices)("the gradients of stages become a plan, on %s", (_, profile, chosen) => {
  test.each(asksForAll ? all : chosen)(
    "$stage $phase",
    ({ entry, stage, phase, set, sizes }) => {
      const overrides = Object.entries(set).map(([path, value]) => ({ path, value }));
      const loader = diskLoader(process.cwd());
      const request = { entry, stage, phase, sizes, overrides, loader, profile };
      const { artifact, diagnostics } = compileStage(request);
      const errors = diagnostics.filter(({ severity }) => severity === "error");
      expect(errors.map(({ code, message }) => `${code}: ${message}`)).toEqual([]);
      const { groups, watches } = artifact?.stage ?? { groups: [], watches: [] };
      const trained = groups.flatMap(({ parameters }) => parameters.map(({ path }) => path));
      expect(trained.length).toBeGreaterThan(0);
      const results = artifact?.outputs.map(({ name }) => name).toSorted();
      expect(results).toEqual(["loss", ...watches, ...trained].toSorted());
    },
    120_000,
  );
});

function sized(name: string, sizes: Settings): Settings {
  const entries = Object.entries(sizes).map(([key, size]) => [`${name}.${key}`, size]);
  return Object.fromEntries(entries);
}
