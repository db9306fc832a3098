// Tiny LVLM: accuracy of five abilities, and their sum.
import { hasWholeWords } from "../metrics/answer-equality.ts";
import { type Draw, drawnMean, indexUnits, type Numbers, sumsByUnit } from "../tally.ts";
import { positionsBy, type TextMetric } from "./text-item.ts";

/** Scores answers in which a reference has to occur as whole words; an item's group is its ability. */
export const abilityMetric: TextMetric = (items, outputs) => {
  const right: readonly number[] = items.map(({ references }, index) =>
    hasWholeWords(outputs[index] ?? "", references) ? 1 : 0,
  );
  const abilities = [...positionsBy(items, ({ group = "" }) => group)];
  const { units, indices } = indexUnits(items.map(({ group = "", unit }) => `${group}/${unit}`));
  const strata = Array<number>(units.length).fill(0);
  const parts = abilities.map(([name, positions], stratum) => {
    for (const position of positions) strata[indices[position] ?? 0] = stratum;
    const values = positions.map((position) => right[position] ?? 0);
    const places = positions.map((position) => indices[position] ?? 0);
    return { name, sums: sumsByUnit(values, places, units.length) };
  });
  const everyUnit = new Uint8Array(units.length).fill(1);
  const numbers = (draw: Draw = everyUnit): Numbers => {
    const accuracies = parts.map(({ name, sums }) => [name, drawnMean(sums, draw)] as const);
    const sum = accuracies.reduce<number | null>(
      (total, [, value]) => (total === null || value === null ? null : total + value),
      0,
    );
    return { sum, ...Object.fromEntries(accuracies) };
  };
  return {
    tally: { units, strata, numbers },
    columns: ["sum", ...parts.map(({ name }) => name)].map((name) => ({ name, factor: 100 })),
    items: items.map(({ id }, index) => ({ id, scores: { right: right[index] === 1 } })),
    details: {},
  };
};
