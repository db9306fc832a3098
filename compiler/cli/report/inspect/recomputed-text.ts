import { formatBytes, formatCount } from "../../../api/text/format-quantity.ts";
import { groupByPart } from "../../../api/text/gather-parts.ts";
import type { Style } from "../../../api/text/style.ts";
import { formatTable } from "../../../api/text/table.ts";
import type { RecomputedSpec, StageMemory } from "../../../stage-artifact.ts";

/** What a phase makes a second time to stay within its budget, by parts; `flops` of a piece. */
export function recomputedText(
  { budget, recomputed }: StageMemory,
  flops: number,
  style: Style,
): string {
  if (recomputed.length === 0) return `  within ${formatBytes(budget)}: nothing is made again\n`;
  const all = totalsOf(recomputed);
  const share = (100 * all.flops) / flops;
  const line = `  within ${formatBytes(budget)}: ${all.values} values of ${formatBytes(all.bytes)} are made again, ${formatCount(all.flops)} FLOP (${share.toFixed(1)} %)`;
  const columns = [
    { title: "made again" },
    { title: "values", align: "right" as const },
    { title: "bytes", align: "right" as const },
    { title: "FLOP", align: "right" as const },
    { title: "because of" },
  ];
  const rows = [...groupByPart(recomputed, ({ part }) => part)].map(([part, own]) => {
    const { values, bytes, flops: work } = totalsOf(own);
    const reasons = [...new Set(own.map(({ reason }) => reason))];
    return [part, String(values), formatBytes(bytes), formatCount(work), reasons.join(", ")];
  });
  return `${line}\n\n${formatTable(columns, rows, style)}`;
}

function totalsOf(
  list: readonly RecomputedSpec[],
): Pick<RecomputedSpec, "values" | "bytes" | "flops"> {
  const sum = (of: (one: RecomputedSpec) => number): number =>
    list.reduce((total, one) => total + of(one), 0);
  return {
    values: sum(({ values }) => values),
    bytes: sum(({ bytes }) => bytes),
    flops: sum(({ flops }) => flops),
  };
}
