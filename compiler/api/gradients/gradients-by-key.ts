import { elementCount, type Tensor } from "../../../runtime/tensor.ts";
import {
  type KeyPiece,
  keyPieces,
  placeInParameter,
  type Shapes,
} from "../../../runtime/weights/key-pieces.ts";
import { InternalError } from "../../diagnostics/internal-error.ts";
import type { StageArtifact } from "../../stage-artifact.ts";

type RealTensor = Extract<Tensor, { readonly element: "f32" }>;

/**
 * The gradients of a phase as a checkpoint calls its parameters: each under the key that its parameter is read
 * from, in the shape that the file has there; under its path where no file has it. What several parameters are
 * read from gets the sum of their gradients, or each its own part.
 */
export function gradientsByKey(
  { stage, checkpoint }: StageArtifact,
  outputs: Readonly<Record<string, Tensor>>,
  shapes: Shapes,
): Readonly<Record<string, RealTensor>> {
  const reads = new Map(checkpoint?.reads.map((read) => [read.parameter, read]));
  const found = new Map<string, RealTensor>();
  const trained = stage.groups.flatMap(({ parameters }) => parameters);
  for (const { path } of trained) {
    const gradient = outputs[path];
    if (gradient?.element !== "f32")
      throw new InternalError(`the program has no gradient of ${path}`);
    const { shape, data } = gradient;
    for (const piece of keyPieces(path, shape, reads.get(path), shapes)) addTo(found, piece, data);
  }
  return Object.fromEntries(found);
}

/** Adds the elements of a gradient that a key has to the tensor of the key. */
function addTo(found: Map<string, RealTensor>, piece: KeyPiece, data: Float32Array): void {
  const { key, shape, at, count } = piece;
  const known = found.get(key)?.data ?? new Float32Array(elementCount(shape));
  for (let n = 0; n < count; n++)
    known[at + n] = (known[at + n] ?? 0) + (data[placeInParameter(piece, n)] ?? 0);
  found.set(key, { element: "f32", shape: [...shape], data: known });
}
