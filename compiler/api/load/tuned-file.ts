import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type AdapterIdentity, adapterKey } from "../../../runtime/device/adapter-key.ts";
import { hasCode, writeAtomically } from "../../../runtime/files/atomic-write.ts";
import { cacheFolder } from "../../../runtime/files/cache-folder.ts";
import type { TunedChoice, TunedTable } from "../../ir/device-profile.ts";

/** A table as it was found, or why it does not count. */
export type FoundTable =
  | { readonly table: TunedTable; readonly path: string }
  | { readonly problem: string; readonly path: string };

/** An adapter, or an open device. */
export type TunedAdapter = AdapterIdentity & { readonly name: string };

/** Raised when the keys of tables change their meaning. */
const format = 1;

/** Where `weft bench --tune` leaves the table of an adapter. */
export function tunedFile(adapter: TunedAdapter, folder: string = cacheFolder()): string {
  return join(folder, "tuned", `${adapterKey(adapter, format)}.json`);
}

/** The text of a table, the same for the same choices in any order. */
export function tunedText(table: TunedTable, adapter: string, key: string): string {
  const entries = Object.entries(table).toSorted(([left], [right]) => (left < right ? -1 : 1));
  return `${JSON.stringify({ format, adapter, key, entries: Object.fromEntries(entries) }, null, 2)}\n`;
}

export function writeTunedFile(
  adapter: TunedAdapter,
  table: TunedTable,
  path = tunedFile(adapter),
): void {
  const text = tunedText(table, adapter.name, adapterKey(adapter, format));
  writeAtomically(path, [Buffer.from(text)]);
}

/** `undefined`: there is no file. A file of another adapter is a problem, as its choices may be slower here. */
export function readTunedFile(
  adapter: TunedAdapter,
  path = tunedFile(adapter),
): FoundTable | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (hasCode(error, ["ENOENT"])) return undefined;
    return { path, problem: error instanceof Error ? error.message : String(error) };
  }
  const parsed = parseTuned(text, adapterKey(adapter, format), adapter.name);
  return { path, ...parsed };
}

/** The table in a text, if it was made for the adapter of this key. */
export function parseTuned(
  text: string,
  key: string,
  adapter: string,
): { readonly table: TunedTable } | { readonly problem: string } {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    return { problem: "it is no JSON" };
  }
  if (!isRecord(found) || !isRecord(found.entries))
    return { problem: "it is no table of `weft bench --tune`" };
  if (found.format !== format)
    return {
      problem: `its format is ${JSON.stringify(found.format)} and this Weft reads ${format}`,
    };
  if (found.key !== key)
    return {
      problem: `it was measured on ${JSON.stringify(found.adapter)}, not on this ${adapter}`,
    };
  const entries = Object.entries(found.entries);
  const table: [string, TunedChoice][] = [];
  for (const [name, choice] of entries) {
    if (!isChoice(choice)) return { problem: `the entry ${JSON.stringify(name)} is no choice` };
    const { schedule, numbers, microseconds, heuristicMicroseconds } = choice;
    table.push([name, { schedule, numbers, microseconds, heuristicMicroseconds }]);
  }
  return { table: Object.fromEntries(table) };
}

function isChoice(value: unknown): value is TunedChoice {
  if (!isRecord(value) || typeof value.schedule !== "string" || !isRecord(value.numbers))
    return false;
  const times = [value.microseconds, value.heuristicMicroseconds];
  const isTime = (time: unknown) => typeof time === "number" && Number.isFinite(time) && time >= 0;
  return (
    times.every(isTime) && Object.values(value.numbers).every((number) => Number.isInteger(number))
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
