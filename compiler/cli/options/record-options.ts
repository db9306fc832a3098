import { existsSync } from "node:fs";
import type { Command } from "commander";
import type { TrainingOptions } from "../../api/library-types.ts";
import { wholeNumber } from "./generation-options.ts";
import { parseAssignments, parseCount } from "./parse-assignments.ts";
import { several } from "./several.ts";

/** What is typed of records and checkpoints, as commander hands it over. */
export interface RecordFlags {
  readonly batches?: readonly string[];
  readonly data?: readonly string[];
  readonly split?: string;
  readonly workers?: string;
  readonly badRecords?: string;
  readonly tokenizer?: string;
  readonly questionTokenizer?: string;
  readonly heldOut?: readonly string[];
  readonly heldOutEvery?: string;
  readonly heldOutSplit?: string;
  readonly saveEvery?: string;
  readonly keep?: string;
  readonly guard?: boolean;
}

/** The records that runs are trained on. */
export function addRecordOptions(command: Command): Command {
  return command
    .option(
      "--data <path>",
      "a data set: a folder of images with captions.jsonl, captions.csv or a folder for each class, .tar shards, a COCO file, arrays, IDX files; several are drawn from alike, or by weight where each is PATH=WEIGHT",
      several,
    )
    .option("--split <name>", "its records whose field `split` is this")
    .option("--workers <n>", "threads that read it; their number changes no bit")
    .option("--bad-records <n>", "how many records that cannot be read are passed over (100)")
    .option("--tokenizer <file>", "for its texts, where it is not the one beside the weights")
    .option("--question-tokenizer <file>", "for `from questions(..)`, where that is another one")
    .option(
      "--batches <file>",
      "in the place of --data a .safetensors file with a tensor for each input of the record, by its name; its first axis is the step; of phases with different ones PHASE=FILE, repeated",
      several,
    );
}

/** Checkpoints of runs, and the records that are looked at with them. */
export function addKeepingOptions(command: Command): Command {
  return command
    .option("--save-every <n>", "a checkpoint after so many steps, beside the one at the end")
    .option(
      "--held-out <file>",
      "records that are not trained on, as --batches or --data takes them: their loss is logged with each checkpoint",
      several,
    )
    .option("--held-out-split <name>", "the records of the data set whose field `split` is this")
    .option(
      "--held-out-every <n>",
      "measure them after so many steps, in the place of each checkpoint",
    )
    .option("--keep <n>", "how many checkpoints stay, beside the best", "3");
}

type RecordOptions = Pick<
  TrainingOptions,
  | "batches"
  | "data"
  | "split"
  | "workers"
  | "badRecords"
  | "tokenizer"
  | "questionTokenizer"
  | "heldOut"
  | "heldOutSplit"
  | "heldOutEvery"
  | "saveEvery"
  | "keep"
  | "guard"
>;

/** The same as the library takes it. */
export function recordOptions(flags: RecordFlags): RecordOptions {
  const { batches, heldOut, heldOutSplit, data, split, tokenizer, questionTokenizer, guard } =
    flags;
  const count = (flag: string, text: string | undefined) =>
    text === undefined ? undefined : parseCount(flag, text);
  const whole = (flag: string, text: string | undefined) =>
    text === undefined ? undefined : wholeNumber(flag, text);
  return {
    ...(batches !== undefined && { batches: parseBatches("--batches", batches) }),
    data: data && parseData(data),
    split,
    workers: whole("--workers", flags.workers),
    badRecords: whole("--bad-records", flags.badRecords),
    tokenizer,
    questionTokenizer,
    heldOut: heldOut && parseBatches("--held-out", heldOut),
    heldOutSplit,
    heldOutEvery: count("--held-out-every", flags.heldOutEvery),
    saveEvery: count("--save-every", flags.saveEvery),
    keep: count("--keep", flags.keep),
    guard,
  };
}

/** A file, or `PHASE=FILE` for each phase. */
function parseBatches(flag: string, given: readonly string[]): TrainingOptions["batches"] {
  const isPhased = (text: string): boolean => /^\w+=./.test(text) && !existsSync(text);
  if (!given.some(isPhased)) return given.at(-1) ?? "";
  const files = parseAssignments(flag, given).map(({ name, value }) => [name, value]);
  return Object.fromEntries(files);
}

/** A data set, or several with their weights. */
function parseData(given: readonly string[]): TrainingOptions["data"] {
  const sets = given.map((text) => {
    const [, name, weight] = /^(.+)=(\d+(?:\.\d+)?)$/.exec(text) ?? [];
    return name === undefined || existsSync(text)
      ? { name: text, weight: undefined }
      : { name, weight: Number(weight) };
  });
  const [only] = sets;
  if (sets.length === 1 && only?.weight === undefined) return only?.name;
  return Object.fromEntries(sets.map(({ name, weight = 1 }) => [name, weight]));
}
