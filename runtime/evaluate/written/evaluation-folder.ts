// The folder of an evaluation: predictions by the line, scores, what was run, the table, the files for servers.
import { join } from "node:path";
import { writeAtomically } from "../../files/atomic-write.ts";
import type { ItemScores } from "../tally.ts";
import type { EvaluationDocument } from "./evaluation-document.ts";

/** The places of its files. */
export function evaluationPaths(folder: string) {
  return {
    predictions: join(folder, "predictions.jsonl"),
    scores: join(folder, "scores.json"),
    run: join(folder, "run.json"),
    table: join(folder, "table.md"),
  };
}

/** One line of `predictions.jsonl`: raw output before any parsing, and no references. */
export interface PredictionLine {
  readonly task: string;
  readonly id: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly output: unknown;
  readonly ms?: number;
}

export function predictionText(line: PredictionLine, scores?: ItemScores["scores"]): string {
  const { task, id, input, output, ms } = line;
  const scored = scores === undefined ? {} : { scores };
  const timed = ms === undefined ? {} : { ms };
  return `${JSON.stringify({ v: 1, task, id, input, output, ...scored, ...timed })}\n`;
}

/** Writes a file of text as a whole or not at all. */
export function writeTextFile(path: string, text: string): void {
  writeAtomically(path, [new TextEncoder().encode(text)]);
}

export function writeScores(folder: string, documents: readonly EvaluationDocument[]): void {
  const text = `${JSON.stringify({ v: 1, tasks: documents }, null, 2)}\n`;
  writeTextFile(evaluationPaths(folder).scores, text);
}

/** `predictions.jsonl` with the scores of each item beside its output. */
export function writePredictions(
  folder: string,
  lines: readonly PredictionLine[],
  scores: readonly ItemScores[],
): void {
  const texts = lines.map((line, index) => predictionText(line, scores[index]?.scores));
  writeTextFile(evaluationPaths(folder).predictions, texts.join(""));
}
