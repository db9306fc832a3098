import type { CheckpointRead, StoredSpec } from "../../compiler/artifact.ts";
import { fault } from "../faults.ts";
import { InternalError } from "../internal-error.ts";
import { elementCount } from "../tensor.ts";
import type { Checkpoint } from "./checkpoint.ts";
import {
  type ElementSource,
  joinedElements,
  storedElements,
  transposedElements,
} from "./element-source.ts";

/** What fills one parameter. */
export interface ResolvedRead {
  /** The first key, for messages. */
  readonly key: string;
  readonly keys: readonly string[];
  readonly elements: ElementSource;
  readonly resample: CheckpointRead["resample"];
}

/** Finds the tensors of a read and checks their shapes. Nothing is read yet. */
export function resolveRead(
  checkpoint: Checkpoint,
  read: CheckpointRead,
  parameter: Pick<StoredSpec, "path" | "shape">,
): ResolvedRead | undefined {
  const { source, resample } = read;
  if (source === undefined) return undefined;
  const needed = resample?.shape ?? parameter.shape.map((dimension) => dimension.size);
  const keys = source.kind === "concat" ? source.keys : [source.key];
  const tensors = keys.map((key) => checkpoint.find(key, parameter.path));
  const [first] = tensors;
  if (first === undefined)
    throw new InternalError(`the parameter ${parameter.path} is read from no key at all`);
  const misshapen = (found: readonly number[], wanted: readonly number[]) =>
    fault("tensor-misshapen", {
      path: first.file.path,
      key: keys.join(" + "),
      found,
      needed: wanted,
      parameter: parameter.path,
    });
  const resolve = (found: readonly number[], elements: ElementSource): ResolvedRead => {
    if (!isSame(found, needed)) throw misshapen(found, needed);
    return { key: first.key, keys, elements, resample };
  };
  switch (source.kind) {
    case "key":
      return resolve(first.shape, storedElements(first));
    case "concat": {
      const rest = first.shape.slice(1);
      const odd = tensors.find(
        (tensor) => tensor.shape.length === 0 || !isEqual(tensor.shape.slice(1), rest),
      );
      if (odd !== undefined) throw misshapen(odd.shape, first.shape);
      const length = tensors.reduce((total, tensor) => total + (tensor.shape[0] ?? 0), 0);
      const sources = tensors.map((tensor) => storedElements(tensor));
      return resolve([length, ...rest], joinedElements(sources, first.file.path, keys.join(" + ")));
    }
    case "transpose": {
      const [rows, columns, ...more] = first.shape;
      if (rows === undefined || columns === undefined || more.length > 0)
        throw misshapen(first.shape, needed.toReversed());
      return resolve([columns, rows], transposedElements(storedElements(first), rows, columns));
    }
    case "part": {
      const [length = 0, ...rest] = first.shape;
      if (length % source.of !== 0)
        throw misshapen(first.shape, [source.of * (needed[0] ?? 1), ...needed.slice(1)]);
      const part = length / source.of;
      const count = part * elementCount(rest);
      return resolve([part, ...rest], storedElements(first, source.index * count, count));
    }
  }
}

function isSame(found: readonly number[], needed: readonly number[]): boolean {
  return isEqual(withoutOnes(found), withoutOnes(needed));
}

function isEqual(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((size, index) => size === right[index]);
}

function withoutOnes(shape: readonly number[]): number[] {
  return shape.filter((size) => size !== 1);
}
