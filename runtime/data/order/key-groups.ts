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
}

/**
 * The records by their keys, where an input wants those of a batch to be distinct; undefined where none does.
 *
 * @throws {RuntimeFault} `reader-input` where there are several data sets, whose keys may mean different things.
 */
export function wantedGroups(
  inputs: readonly Pick<BatchInput, "name" | "reader">[],
  indexes: readonly SourceIndex[],
): KeyGroups | undefined {
  const wanting = inputs.find(
    ({ reader }) => reader?.name === "key" && reader.args.distinct === true,
  );
  const [index, ...others] = indexes;
  if (wanting === undefined || index === undefined) return undefined;
  if (others.length === 0) return groupByKey(index);
  const reason = "batches of distinct keys are made of one data set, and there are several";
  throw fault("reader-input", { input: wanting.name, reader: "key", reason });
}

/** Reads the key of every record, and nothing else of it that lies in another file. */
function groupByKey(index: SourceIndex): KeyGroups {
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
  return inGroups(keys, numbers.size);
}

export function keyCount({ starts }: KeyGroups): number {
  return starts.length - 1;
}

/** @throws {RuntimeFault} `keys-too-few` where batches of so many samples cannot all have distinct keys. */
export function assertEnoughKeys(groups: KeyGroups, batch: number, path: string): void {
  const keys = keyCount(groups);
  if (keys < Math.max(batch, 3 * (batch - 1))) throw fault("keys-too-few", { path, keys, batch });
}

function inGroups(keys: Int32Array, count: number): KeyGroups {
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
