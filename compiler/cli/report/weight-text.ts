import type { WeightReport } from "../../../runtime/stored/load-stored.ts";
import { quantizedTotal } from "../../../runtime/stored/quantized-total.ts";
import { formatBytes, formatTime } from "../../api/text/format-quantity.ts";
import type { Artifact } from "../../artifact.ts";
import { memoryReport } from "./memory-report.ts";

/** Shorter waits for a driver are nobody's question. */
const noticedMs = 100;

/** What the weights were filled with, and what took the time. */
export function weightText(report: WeightReport, artifact: Artifact, isSoftware: boolean): string {
  const { source, bytes, timeMs, waitedMs, initialised, resampled, unused, ignored } = report;
  const from = source.kind === "random" ? `initialisers with seed ${source.seed}` : source.path;
  const layout =
    source.kind === "random" || (artifact.checkpoint?.layout ?? "") === ""
      ? ""
      : `, layout ${artifact.checkpoint?.layout}`;
  // A software device shares the cores: what it is waited for are kernels that its driver compiles.
  const ownMs = isSoftware ? timeMs - waitedMs : timeMs;
  const rate = formatBytes(Math.round(bytes / Math.max(1e-3, ownMs / 1000)));
  const lines = [
    `weights: ${formatBytes(bytes)} from ${from}${layout} in ${formatTime(ownMs)} (${rate}/s)`,
  ];
  if (isSoftware && waitedMs > noticedMs)
    lines.push(
      `kernels: compiled by the driver beside the weights, and ${formatTime(waitedMs)} longer`,
    );
  const { streaming } = memoryReport(artifact);
  if (streaming !== undefined) {
    const { streamed, groups } = streaming;
    lines.push(
      `  for each run: ${formatBytes(streamed)} more in ${groups} groups, through two slots`,
    );
  }
  // What a run keeps is new where the run is.
  const states = new Set(
    artifact.stored.flatMap(({ kind, path }) => (kind === "state" ? [path] : [])),
  );
  const lacking = initialised.filter((path) => !states.has(path));
  if (source.kind === "checkpoint" && lacking.length > 0)
    lines.push(`  initialised: ${some(lacking)}`);
  lines.push(...quantizedLines(report));
  if (resampled.length > 0) lines.push(`  resampled: ${some(resampled)}`);
  if (unused.length > 0) lines.push(`  unused tensors: ${some(unused)}`);
  if (ignored.length > 0) lines.push(`  ignored by the layout: ${some(ignored)}`);
  return `${lines.join("\n")}\n`;
}

function quantizedLines({ quantized }: WeightReport): readonly string[] {
  if (quantized.length === 0) return [];
  const { storage, bytes, bytesBefore, error, worst } = quantizedTotal(quantized);
  const percent = (share: number): string => `${(share * 100).toPrecision(2)} %`;
  const saved = `${formatBytes(bytes)} instead of ${formatBytes(bytesBefore)}`;
  const most = `at most ${percent(worst.error)}, ${worst.path}`;
  return [
    `  quantised: ${quantized.length} weights to ${storage}, ${saved}; relative error ${percent(error)} (${most})`,
  ];
}

function some(names: readonly string[]): string {
  const shown = names.slice(0, 6).join(", ");
  return names.length > 6 ? `${shown} and ${names.length - 6} more` : shown;
}
