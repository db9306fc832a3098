import { Device } from "../../../runtime/device/device.ts";
import type { DeviceOptions } from "../../../runtime/device/device-handle.ts";
import { programFlags } from "../../program-options.ts";
import type { CompileOptions } from "../compile-options.ts";
import type { GenerationSettings } from "../generate/generation-settings.ts";
import type {
  ChatOptions,
  GeneratorOptions,
  GradOptions,
  LoadOptions,
  RunSettings,
  TextOptions,
  TrainingOptions,
} from "../library-types.ts";
import {
  anyOf,
  callback,
  isRecord,
  listOf,
  number,
  type OptionTable,
  oneOf,
  recordOf,
  text,
  thing,
  truth,
  wholeNumber,
} from "./option-kinds.ts";

const largestSeed = 0xffffffff;

const source = thing(
  "a path, a `file:` URL or { text }",
  (value) =>
    typeof value === "string" ||
    (isRecord(value) &&
      (typeof value.text === "string" ||
        (typeof value.href === "string" && typeof value.protocol === "string"))),
);

const step = thing(
  "{ name, sizes }",
  (value) => isRecord(value) && text.accepts(value.name) && sizes.accepts(value.sizes),
);

const sizes = recordOf(wholeNumber(0), "whole numbers by the name of an axis, such as { B: 8 }");

const setting = anyOf(
  number("of any size", () => true),
  truth,
  text,
);

const choicesOf = (row: { readonly choices: readonly string[] }) => oneOf(row.choices);

/** Of calls that take a program alone. */
export const sourceTable: OptionTable<Pick<CompileOptions, "file">> = { file: source };

const cellOption = thing(
  "{ experiment, identity }",
  (value) => isRecord(value) && text.accepts(value.experiment) && text.accepts(value.identity),
);

export const compileTable: OptionTable<CompileOptions> = {
  file: source,
  model: text,
  mode: text,
  sizes,
  set: recordOf(setting, "numbers, truth values and texts by path, such as { image: 448 }"),
  weights: text,
  cell: cellOption,
  steps: listOf(step, "{ name, sizes }"),
  layout: text,
  precision: choicesOf(programFlags.precision ?? { choices: [] }),
  quantize: choicesOf(programFlags.quantize ?? { choices: [] }),
  memory: wholeNumber(1),
  sampling: thing("an object that says how tokens are chosen", isRecord),
};

/** Of calls that open a program on a device. */
const onDeviceTable: OptionTable<Omit<LoadOptions, keyof CompileOptions | "cache">> = {
  device: anyOf(
    text,
    thing("a device of `openDevice`", (value) => value instanceof Device),
  ),
  tuned: text,
  tokenizer: text,
  specialTokens: truth,
  onPipeline: callback,
  onWeights: callback,
  onStream: callback,
  onSpan: callback,
  guard: truth,
  poison: truth,
  permutes: truth,
};

export const loadTable: OptionTable<LoadOptions> = {
  ...compileTable,
  ...onDeviceTable,
  cache: truth,
};

/** Of calls that draw random numbers. */
export const runTable: OptionTable<RunSettings> = { seed: wholeNumber(0, largestSeed) };

export const gradTable: OptionTable<GradOptions> = {
  ...runTable,
  ...onDeviceTable,
  file: source,
  stage: text,
  phase: text,
  cell: cellOption,
  sizes,
  piece: wholeNumber(1),
  set: compileTable.set,
  weights: anyOf(text, listOf(text, "texts PREFIX=FILE")),
  config: text,
  layout: text,
  precision: compileTable.precision,
  memory: compileTable.memory,
  inputs: thing("an object of inputs by name", isRecord),
};

const { inputs: _, tokenizer: __, specialTokens: ___, ...stageTable } = gradTable;

const filesOfPhases = anyOf(text, recordOf(text, "files by the name of a phase"));

export const trainingTable: OptionTable<TrainingOptions> = {
  ...stageTable,
  batches: filesOfPhases,
  data: anyOf(
    text,
    recordOf(
      number("more than 0", (value) => value > 0),
      "weights by the name of a data set",
    ),
  ),
  split: text,
  workers: wholeNumber(0),
  badRecords: wholeNumber(0),
  tokenizer: text,
  questionTokenizer: text,
  heldOut: filesOfPhases,
  heldOutEvery: wholeNumber(1),
  heldOutSplit: text,
  out: text,
  steps: wholeNumber(1),
  saveEvery: wholeNumber(1),
  keep: wholeNumber(1),
  keepFrozen: truth,
  resume: truth,
  force: truth,
  signal: thing(
    "{ aborted }",
    (value) => typeof value === "object" && value !== null && "aborted" in value,
  ),
};

const generationTable: OptionTable<GenerationSettings> = {
  temperature: number("more than 0", (value) => value > 0),
  topK: wholeNumber(0),
  topP: number("more than 0 and at most 1", (value) => value > 0 && value <= 1),
  repetitionPenalty: number("1 or more", (value) => value >= 1),
  beams: wholeNumber(1),
  minNewTokens: wholeNumber(0),
  ends: listOf(wholeNumber(0), "ids of tokens"),
  ignoreEnd: truth,
  keepLogits: truth,
};

const {
  steps: _steps,
  sampling: _sampling,
  permutes: _permutes,
  ...generatorLoadTable
} = loadTable;

export const generatorTable: OptionTable<GeneratorOptions> = {
  ...generatorLoadTable,
  ...generationTable,
  inputs: thing("an object of inputs by name", isRecord),
};

const { keepLogits: _keepLogits, ...chatGenerationTable } = generationTable;

export const chatTable: OptionTable<ChatOptions> = {
  ...generatorLoadTable,
  ...chatGenerationTable,
  questionTokenizer: text,
};

export const textTable: OptionTable<TextOptions> = {
  ...runTable,
  maxNewTokens: wholeNumber(1),
  stops: listOf(text, "texts"),
};

export const deviceTable: OptionTable<DeviceOptions> = { select: text, robust: truth };
