import { compareCells } from "./compare-cells.ts";
import type { Direction } from "./direction.ts";
import { type CellValues, undefinedIn } from "./paired.ts";
import { type SeedsSupport, seedsSupport } from "./seeds-support.ts";

/** An order of cells, as far as the data have one. */
export interface Ranking {
  /** Of all pairs of cells; undefined where fewer than two cells have numbers. */
  readonly support: (SeedsSupport & { readonly pairs: number; readonly seeds: number }) | undefined;
  /** Pairs that are told apart after correction. */
  readonly toldApart: number;
  /** One more than the cells that are better after correction; no entry for a cell that is not ranked. Empty without a pair
   * that is told apart: then there is no ranking. */
  readonly ranks: ReadonlyMap<string, number>;
}

/** Each cell against each other, by equal seeds, corrected over all pairs. Seeds that cannot tell any pair are not asked. */
export function rankCells(cells: readonly CellValues[], direction: Direction): Ranking {
  const compared = cells.filter((one) => one.bySeed.size > 0 && undefinedIn(one) === 0);
  const pairs = (compared.length * (compared.length - 1)) / 2;
  if (pairs === 0) return { support: undefined, toldApart: 0, ranks: new Map() };
  const seeds = Math.max(...compared.map(({ bySeed }) => bySeed.size));
  const support = { ...seedsSupport(seeds, pairs), pairs, seeds };
  if (!support.isEnough) return { support, toldApart: 0, ranks: new Map() };
  const family = compared.flatMap((cell, at) =>
    compared.slice(at + 1).map((other) => [cell, other] as const),
  );
  const betterThan = new Map(compared.map(({ name }) => [name, 0]));
  const beat = (name: string): void => {
    betterThan.set(name, (betterThan.get(name) ?? 0) + 1);
  };
  const told = compareCells(family, direction).filter(
    ({ verdict }) => verdict === "better" || verdict === "worse",
  );
  for (const { cell, against, verdict } of told) beat(verdict === "better" ? against : cell);
  const ranks = told.length === 0 ? [] : [...betterThan].map(([name, n]) => [name, n + 1] as const);
  return { support, toldApart: told.length, ranks: new Map(ranks) };
}
