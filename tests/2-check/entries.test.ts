import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkFiles } from "../../compiler/2-check/check-files.ts";
import { diskLoader } from "../../compiler/api/load/disk-loader.ts";
import { parseOnce } from "../../compiler/api/load/parse-once.ts";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import { DiagnosticSink } from "../../compiler/diagnostics/sink.ts";
import { designInPlace, weftTexts } from "../support/texts/weft-texts.ts";

const root = join(import.meta.dirname, "..", "..");
const entryKinds = new Set(["stage", "experiment", "weights"]);

/** What is reported inside stages, experiments and `weights` blocks, and how many of each there are. */
function checkEntriesOf(folder: string, files: readonly string[]) {
  const sink = new DiagnosticSink();
  const program = checkFiles({
    entries: files,
    loader: diskLoader(folder),
    parse: parseOnce,
    sink,
  });
  const items = program.files.flatMap((file) =>
    file.syntax.items.filter((item) => entryKinds.has(item.kind)),
  );
  const isInside = ({ primary: { span } }: Diagnostic): boolean =>
    items.some(
      (item) =>
        item.span.file === span.file && item.span.start <= span.start && span.end <= item.span.end,
    );
  const found = sink.diagnostics.filter(isInside);
  const counts: Record<string, number> = {};
  for (const { kind } of items) counts[kind] = (counts[kind] ?? 0) + 1;
  return { counts, found: found.map((one) => `${one.primary.span.file.path}: ${one.message}`) };
}

describe("stages, experiments and weights blocks that are written down", () => {
  test("of the models of this repository are right", () => {
    const files = weftTexts("models").map((file) => file.path);
    const { counts, found } = checkEntriesOf(root, files);
    expect(found).toEqual([]);
    expect(counts.weights).toBeGreaterThanOrEqual(3);
  });

  test("of the design are right", (context) => {
    const design = designInPlace();
    if (design === undefined) {
      console.log("skipped: ../shared/design/samples is not here");
      return context.skip();
    }
    const { counts, found } = checkEntriesOf(design.home, design.entries);
    rmSync(design.home, { recursive: true });
    expect(found).toEqual([]);
    expect(counts).toEqual({ stage: 12, experiment: 3, weights: 10 });
  });
});
