import type { InputSpec } from "../compiler/artifact.ts";
import { fault } from "./faults.ts";
import { placeOf, type Tensor } from "./tensor.ts";

/** Refuses ids that the vocabulary of the program does not have; padding, where a tensor says it, may be anything. */
export function assertIds({ name, ids }: InputSpec, { data, shape, lengths }: Tensor): void {
  if (ids === undefined) return;
  const { axis, size, also } = ids;
  const width = shape.at(-1) ?? 1;
  const isPadding = (index: number) =>
    lengths !== undefined &&
    index % width >= (lengths[Math.floor(index / width)] ?? Number.POSITIVE_INFINITY);
  const wrong = data.findIndex(
    (id, index) => !(id >= 0 && id < size) && !also.includes(id) && !isPadding(index),
  );
  if (wrong < 0) return;
  const id = data[wrong] ?? 0;
  throw fault("id-outside", { name, id, place: placeOf(wrong, shape), axis, size });
}
