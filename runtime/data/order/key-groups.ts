import type { SettingsOf } from "../../../compiler/ir/reader-settings.ts";
import { fault } from "../../faults.ts";
import type { BatchInput } from "../../train/batch-source.ts";
import { sharedWholes } from "../manifest-writer.ts";
import { openSource } from "../open-source.ts";
import type { SourceIndex } from "../source-index.ts";

/** The records of a data set by their keys, in memory that threads share. */
export interface KeyGroups {
  /** Numbers of records, those of one key behind each other. */
  readonly members: Int32Array;
  /** Where those of each key begin, and behind the last where they end. */
  readonly starts: Int32Array;
  /** How many samples of each of its keys a batch has, behind each other. */
  readonly each: number;
}

/**
 * The records by their keys, where an input says how often a key comes in a batch (`distinct`, `each`); undefined where none does.
 *
 * @throws {RuntimeFault} `reader-input` where it says no count, or two of them, and where there are several data sets, whose
 * keys may mean different things.
 */
export function wantedGroups(
  inputs: readonly Pick<BatchInput, "name" | "reader">[],
  indexes: readonly SourceIndex[],
): KeyGroups | undefined {
  const wanted = inputs.flatMap(({ name, reader }) => {
    const each = reader?.name === "key" ? eachOf(name, reader.args) : undefined;
    return each === undefined ? [] : [{ name, each }];
  });
  const [first, second] = wanted;
  const [index, ...others] = indexes;
  if (first === undefined || index === undefined) return undefined;
  if (others.length > 0)
    throw misread(first.name, "batches by keys are made of one data set, and there are several");
  if (second !== undefined && second.each !== first.each)
    throw misread(
      second.name,
      `\`${first.name}\` wants ${first.each} of each key, and this ${second.each}`,
    );
  return groupByKey(index, first.each);
}

function eachOf(input: string, { distinct, each }: SettingsOf<"key">): number | undefined {
  if (each === undefined) return distinct === true ? 1 : undefined;
  if (!Number.isInteger(each) || each < 1)
    throw misread(input, `\`each\` is a whole number from 1 on, and here ${each}`);
  if (distinct === true && each > 1)
    throw misread(input, `\`distinct: true\` is one of each key, and \`each\` is ${each}`);
  return each;
}

function misread(input: string, reason: string): Error {
  return fault("reader-input", { input, reader: "key", reason });
}

/** Reads the key of every record, and nothing else of it that lies in another file. */
function groupByKey(index: SourceIndex, each: number): KeyGroups {
  const source = openSource(index);
  const numbers = new Map<string, number>();
  const keys = new Int32Array(index.size);
  try {
    for (let record = 0; record < keys.length; record++) {
      const key = source.keyOf(record);
      const number = numbers.get(key) ?? numbers.size;
      numbers.set(key, number);
      keys[record] = number;
    }
  } finally {
    source.close();
  }
  return { ...inGroups(keys, numbers.size), each };
}

export function keyCount({ starts }: KeyGroups): number {
  return starts.length - 1;
}

/** Samples of a pass over the keys. */
export function epochSamples(groups: KeyGroups): number {
  return keyCount(groups) * groups.each;
}

/**
 * @throws {RuntimeFault} `keys-too-few` where batches of so many samples cannot have each key so often and no more,
 * `keys-uneven` where they do not hold all samples of each of their keys.
 */
export function assertEnoughKeys(groups: KeyGroups, batch: number, path: string): void {
  const { each } = groups;
  if (batch % each !== 0) throw fault("keys-uneven", { batch, each });
  const keys = keyCount(groups);
  const inBatch = batch / each;
  if (keys < Math.max(inBatch, 3 * (inBatch - 1)))
    throw fault("keys-too-few", { path, keys, batch, each });
}

function inGroups(keys: Int32Array, count: number): Omit<KeyGroups, "each"> {
  const starts = sharedWholes(count + 1);
  for (const key of keys) starts[key + 1] = (starts[key + 1] ?? 0) + 1;
  for (let key = 0; key < count; key++)
    starts[key + 1] = (starts[key + 1] ?? 0) + (starts[key] ?? 0);
  const members = sharedWholes(keys.length);
  const next = starts.slice();
  for (const [record, key] of keys.entries()) {
    const at = next[key] ?? 0;
    members[at] = record;
    next[key] = at + 1;
  }
  return { members, starts };
}
