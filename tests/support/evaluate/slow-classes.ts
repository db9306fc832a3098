// Classification and search a second time, from rows of numbers: slow, and without anything of the runtime.
import type { Tensor } from "../../../runtime/tensor.ts";
import { sortedPlace } from "./slow-metrics.ts";

type Row = readonly number[];

export function rowsOf(tensor: Tensor | undefined): readonly Row[] {
  const width = tensor?.shape[1] ?? 0;
  return Array.from({ length: tensor?.shape[0] ?? 0 }, (_, row) => [
    ...(tensor?.data.subarray(row * width, (row + 1) * width) ?? []),
  ]);
}

export const dot = (left: Row, right: Row): number =>
  left.reduce((sum, value, index) => sum + value * (right[index] ?? 0), 0);

/** As the runtime stores them: of unit length, in f32. */
export function unit(row: Row): Row {
  const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
  return row.map((value) => Math.fround(value / length));
}

/** The shares of items whose right class, or one of them, is the first, and is among five. */
export function slowTops(
  scores: readonly Row[],
  labels: readonly (readonly number[])[],
): { readonly one: number; readonly five: number } {
  const counted = scores.flatMap((row, item) => {
    const places = (labels[item] ?? []).map((label) => sortedPlace(row, label));
    return places.length === 0 ? [] : [Math.min(...places)];
  });
  const share = (depth: number): number =>
    counted.filter((place) => place <= depth).length / counted.length;
  return { one: share(1), five: share(5) };
}

/** Of the classes that occur the share of their items that are right, averaged. */
export function slowMeanRecall(scores: readonly Row[], labels: readonly number[]): number {
  const classes = [...new Set(labels)].sort((one, other) => one - other);
  const recalls = classes.map((label) => {
    const own = scores.filter((_, item) => labels[item] === label);
    return own.filter((row) => sortedPlace(row, label) === 1).length / own.length;
  });
  return recalls.reduce((sum, recall) => sum + recall, 0) / recalls.length;
}
