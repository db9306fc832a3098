// ADE20K: photos and label maps of equal stems.
import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { fault } from "../../faults.ts";
import type { Findings } from "../entries/findings.ts";
import { readTextLines } from "../entries/read-entries.ts";

export interface LabelledPhoto {
  readonly id: string;
  /** From the folder of the data. */
  readonly path: string;
  readonly labels: string;
}

const root = "ADEChallengeData2016";

/** The photos of the validation part, each with its labels (0 is none, then 1 to 150). */
export function ade20k(data: string, findings: Findings): readonly LabelledPhoto[] {
  const photos = join(root, "images", "validation");
  if (!existsSync(join(data, photos))) throw fault("file-missing", { path: join(data, photos) });
  const names = readdirSync(join(data, photos)).filter((name) => name.endsWith(".jpg"));
  return findings.each(names.sort(), (name) => {
    const id = basename(name, ".jpg");
    const labels = join(root, "annotations", "validation", `${id}.png`);
    if (!existsSync(join(data, labels))) throw fault("file-missing", { path: join(data, labels) });
    return { id, path: join(photos, name), labels };
  });
}

/**
 * The names of the classes by rising number, where the file with them is there: a table whose last column has, for each
 * class, words that mean the same, separated by commas.
 */
export function regionNames(data: string): readonly string[] {
  const path = join(data, root, "objectInfo150.txt");
  if (!existsSync(path)) return [];
  return readTextLines(path)
    .slice(1)
    .map((entry) => (entry.asText().split("\t").at(-1) ?? "").split(",")[0]?.trim() ?? "");
}
