import type { Draw, Scored } from "../tally.ts";

/** Two rankings of the same units in one table: the numbers of the second are called what they are, and their name. */
export function joinedScores(first: Scored, second: Scored, prefix: string): Scored {
  const named = (name: string): string => `${prefix}: ${name}`;
  return {
    tally: {
      ...first.tally,
      numbers: (draw?: Draw) => ({
        ...first.tally.numbers(draw),
        ...Object.fromEntries(
          Object.entries(second.tally.numbers(draw)).map(([name, value]) => [named(name), value]),
        ),
      }),
    },
    columns: [
      ...first.columns,
      ...second.columns.map((column) => ({ ...column, name: named(column.name) })),
    ],
    items: first.items.map((item, index) => ({
      ...item,
      scores: {
        ...item.scores,
        ...Object.fromEntries(
          Object.entries(second.items[index]?.scores ?? {}).map(([name, value]) => [
            named(name),
            value,
          ]),
        ),
      },
    })),
    details: first.details,
  };
}
