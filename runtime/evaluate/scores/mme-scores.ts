// MME: the score of each subtask, and the sums over perception and cognition.
import { cognition, type MmeCounts, mmeScore, parseMme, perception } from "../metrics/mme.ts";
import { type Draw, indexUnits, type Numbers } from "../tally.ts";
import { positionsBy, type TextItem, type TextMetric } from "./text-item.ts";

/**
 * Scores yes-no answers to pairs of questions. An item's group is its subtask; the questions of one subtask come in
 * pairs, which follow each other. The headline is the sum over perception alone.
 */
export const mmeMetric: TextMetric = (items, outputs) => {
  const parsed = outputs.map(parseMme);
  const isRight = items.map(({ references: [truth = ""] }, index) => {
    return truth.toLowerCase() === parsed[index];
  });
  const subtasks = [...positionsBy(items, ({ group = "" }) => group)];
  const unitOf = (item: TextItem): string => `${item.group ?? ""}/${item.unit}`;
  const { units, indices } = indexUnits(items.map(unitOf));
  const strata = Array<number>(units.length).fill(0);
  for (const [stratum, [, positions]] of subtasks.entries())
    for (const position of positions) strata[indices[position] ?? 0] = stratum;
  const countsOf = (positions: readonly number[], draw?: Draw): MmeCounts => {
    const counts = { questions: 0, right: 0, images: 0, pairs: 0 };
    for (let index = 0; index < positions.length; index += 2) {
      const pair = positions.slice(index, index + 2);
      const times = draw?.[indices[pair[0] ?? 0] ?? 0] ?? 1;
      const right = pair.filter((position) => isRight[position]).length;
      counts.questions += times * pair.length;
      counts.right += times * right;
      counts.images += times;
      counts.pairs += times * (right === 2 ? 1 : 0);
    }
    return counts;
  };
  const scoresOf = (draw?: Draw) =>
    new Map(subtasks.map(([name, positions]) => [name, mmeScore(countsOf(positions, draw))]));
  const numbers = (draw?: Draw): Numbers => {
    const scores = scoresOf(draw);
    const total = (names: readonly string[]): number | null => {
      const known = names.filter((name) => scores.has(name));
      if (known.length === 0) return null;
      let sum = 0;
      for (const name of known) sum += scores.get(name) ?? 0;
      return sum;
    };
    return {
      perception: total(perception),
      cognition: total(cognition),
      ...Object.fromEntries(scores),
    };
  };
  const names = ["perception", "cognition", ...subtasks.map(([name]) => name)];
  return {
    tally: { units, strata, numbers },
    columns: names.map((name) => ({ name, factor: 1 })),
    items: items.map(({ id }, index) => ({
      id,
      scores: { parsed: parsed[index] ?? null, right: isRight[index] ?? false },
    })),
    details: {
      subtasks: Object.fromEntries(
        subtasks.map(([name, positions]) => {
          const counts = countsOf(positions);
          return [
            name,
            {
              ...counts,
              accuracy: counts.right / counts.questions,
              accuracyPlus: counts.pairs / counts.images,
            },
          ];
        }),
      ),
      ...missingSubtasks(subtasks.map(([name]) => name)),
    },
  };
};

/** A sum over fewer subtasks than there are is another number, and says so. */
function missingSubtasks(found: readonly string[]): Readonly<Record<string, unknown>> {
  const missing = [...perception, ...cognition].filter((name) => !found.includes(name));
  return missing.length === 0 ? {} : { missing_subtasks: missing };
}
