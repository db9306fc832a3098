// POPE: F1 of each category of questions, and their mean.
import { parseYesNo, type YesNoCounts, yesNoScores } from "../metrics/yes-no.ts";
import { type Draw, indexUnits, meanOfAll, type Numbers } from "../tally.ts";
import { positionsBy, type TextMetric } from "./text-item.ts";

/** Scores yes-no answers; a reference is `yes` or `no`, and anything but `no` counts as `yes`. */
export const yesNoMetric: TextMetric = (items, outputs) => {
  const parsed = outputs.map(parseYesNo);
  const isYes = items.map(({ references: [label = ""] }) => label !== "no");
  const { units, indices } = indexUnits(items.map(({ unit }) => unit));
  const categories = [...positionsBy(items, ({ group = "all" }) => group)];
  const countsOf = (positions: readonly number[], draw?: Draw): YesNoCounts => {
    const counts = { truePositive: 0, falsePositive: 0, trueNegative: 0, falseNegative: 0 };
    for (const position of positions) {
      const saysYes = parsed[position] === "yes";
      const isRight = saysYes === isYes[position];
      const key = `${isRight ? "true" : "false"}${saysYes ? "Positive" : "Negative"}` as const;
      counts[key] += draw?.[indices[position] ?? 0] ?? 1;
    }
    return counts;
  };
  const numbers = (draw?: Draw): Numbers => {
    const f1 = categories.map(([name, positions]) => {
      const scores = yesNoScores(countsOf(positions, draw));
      return [`F1 ${name}`, scores.f1] as const;
    });
    return { "mean F1": meanOfAll(f1.map(([, value]) => value)), ...Object.fromEntries(f1) };
  };
  return {
    tally: { units, numbers },
    columns: ["mean F1", ...categories.map(([name]) => `F1 ${name}`)].map((name) => ({
      name,
      factor: 100,
    })),
    items: items.map(({ id }, index) => ({
      id,
      scores: {
        parsed: parsed[index] ?? null,
        right: (parsed[index] === "yes") === isYes[index],
      },
    })),
    details: {
      categories: Object.fromEntries(
        categories.map(([name, positions]) => {
          const counts = countsOf(positions);
          return [name, { ...counts, ...yesNoScores(counts) }];
        }),
      ),
    },
  };
};
