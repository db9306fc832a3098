import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { readText } from "../files/read-bytes.ts";
import type { WeightSource } from "../weights/weight-source.ts";
import { settingsFile } from "./run-folder.ts";

/** What a run set in its model, beside its weights: settings and axes by path. */
interface RunSettings {
  readonly model: string;
  readonly set: Readonly<Record<string, number | boolean | string>>;
}

export function settingsBytes(settings: RunSettings): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(settings, null, 2)}\n`);
}

/** The settings beside the first of the weights; undefined where there are none, or where these are a part of others. */
export function settingsBeside(source: WeightSource): RunSettings | undefined {
  const [first] = source.kind === "random" ? [] : source.files;
  if (first === undefined || first.prefix !== "") return undefined;
  const path = [first.path, dirname(first.path)]
    .map((folder) => join(folder, settingsFile))
    .find((one) => existsSync(one));
  return path === undefined ? undefined : parseSettings(readText(path, largestSettings));
}

/** Other programs have files of this name as well. */
function parseSettings(text: string): RunSettings | undefined {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { model, set } = (found ?? {}) as { readonly model?: unknown; readonly set?: unknown };
  if (typeof model !== "string" || typeof set !== "object" || set === null) return undefined;
  const arePlain = Object.values(set).every((value) =>
    ["number", "boolean", "string"].includes(typeof value),
  );
  return arePlain ? { model, set: set as RunSettings["set"] } : undefined;
}

const largestSettings = 1 << 22;
