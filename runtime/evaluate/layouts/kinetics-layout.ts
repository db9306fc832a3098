// Kinetics: a table of clips, whose frames lie in folders.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { rowsOf } from "../../data/sources/csv.ts";
import { fault } from "../../faults.ts";
import { readText } from "../../files/read-bytes.ts";
import { DataEntry, UniqueIds } from "../entries/data-entry.ts";
import type { Findings } from "../entries/findings.ts";
import type { ClassItem } from "../scores/class-scores.ts";
import { type ClipFrames, clipFrames } from "../video/clip-frames.ts";

type LabelledClip = ClassItem & ClipFrames;

interface ClipSet {
  readonly items: readonly LabelledClip[];
  /** All labels of the table, sorted: their places are the numbers of the classes. */
  readonly ownNames: readonly string[];
}

/** What the table of the validation part is called in one release or another; the test part stands in for it. */
const tables = ["validate.csv", "val.csv", "test.csv"] as const;

const largestTable = 1 << 28;

/** The clips of the table in its order, with so many frames each. */
export function kineticsClips(data: string, findings: Findings, frames: number): ClipSet {
  const name = tables.find((one) => existsSync(join(data, one)));
  const path = join(data, name ?? tables[0]);
  const clips = readClips(path, findings);
  const ownNames = [...new Set(clips.map(({ label }) => label))].sort();
  const numbers = new Map(ownNames.map((label, index) => [label, index]));
  const items = findings.each(clips, ({ clip, label, entry }) => ({
    id: clip,
    unit: clip,
    labels: [numbers.get(label) ?? 0],
    ...clipFrames(data, clip, frames, entry),
  }));
  return { items, ownNames };
}

function readClips(path: string, findings: Findings) {
  const [header, ...rows] = [...rowsOf(readText(path, largestTable), path)];
  const names = header?.cells.map((cell) => cell.trim()) ?? [];
  const columns = ["label", "youtube_id", "time_start", "time_end"] as const;
  const missing = columns.filter((column) => !names.includes(column));
  if (missing.length > 0)
    throw fault("data-wrong", {
      file: path,
      place: "line 1",
      reason: `the table has no column ${missing.map((column) => `\`${column}\``).join(", ")}; without labels nothing can be scored`,
    });
  const ids = new UniqueIds();
  return findings.each(rows, ({ line, cells }) => {
    const entry = new DataEntry(path, `line ${line}`, cells);
    const cell = (column: (typeof columns)[number]): string => {
      const text = cells[names.indexOf(column)] ?? "";
      if (text === "") throw entry.wrong(`it has no \`${column}\``);
      return text;
    };
    const second = (column: "time_start" | "time_end"): string => {
      const value = Number(cell(column));
      if (!Number.isInteger(value) || value < 0)
        throw entry.wrong(`\`${column}\` is \`${cell(column)}\`, and not whole seconds`);
      return String(value).padStart(6, "0");
    };
    const clip = `${cell("youtube_id")}_${second("time_start")}_${second("time_end")}`;
    ids.add(clip, entry);
    return { clip, label: cell("label"), entry };
  });
}
