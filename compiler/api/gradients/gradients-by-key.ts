import { elementCount, type Tensor } from "../../../runtime/tensor.ts";
import type { CheckpointRead } from "../../artifact.ts";
import { InternalError } from "../../diagnostics/internal-error.ts";
import type { StageArtifact } from "../../stage-artifact.ts";

type RealTensor = Extract<Tensor, { readonly element: "f32" }>;
/** Shapes of the checkpoint's tensors by key. */
type Shapes = Readonly<Record<string, readonly number[]>>;

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
    for (const piece of piecesOf(path, gradient, reads.get(path), shapes)) addTo(found, piece);
  }
  return Object.fromEntries(found);
}

/** Numbers of a gradient, row-major, and where they stand in the tensor of a key. */
interface Piece {
  readonly key: string;
  readonly shape: readonly number[];
  readonly first: number;
  readonly data: Float32Array;
}

function piecesOf(
  path: string,
  { shape, data }: RealTensor,
  read: CheckpointRead | undefined,
  shapes: Shapes,
): readonly Piece[] {
  const source = read?.source;
  if (source === undefined) return [{ key: path, shape, first: 0, data }];
  const inFile = (key: string): readonly number[] => {
    const known = shapes[key];
    if (known === undefined) throw new InternalError(`the checkpoint has no ${key}`);
    return known;
  };
  switch (source.kind) {
    case "key": {
      // Resized: the parameter is another grid than the file's.
      const own = read?.resample === undefined ? inFile(source.key) : shape;
      return [{ key: source.key, shape: own, first: 0, data }];
    }
    case "concat": {
      let from = 0;
      return source.keys.map((key) => {
        const own = inFile(key);
        const part = data.subarray(from, from + elementCount(own));
        from += part.length;
        return { key, shape: own, first: 0, data: part };
      });
    }
    case "transpose": {
      const own = inFile(source.key);
      return [{ key: source.key, shape: own, first: 0, data: transposed(data, own) }];
    }
    case "part":
      return [
        { key: source.key, shape: inFile(source.key), first: source.index * data.length, data },
      ];
  }
}

/** Row-major numbers of [columns, rows] as those of [rows, columns]. */
function transposed(data: Float32Array, [rows = 1, columns = 1]: readonly number[]): Float32Array {
  return data.map((_, n) => data[(n % columns) * rows + Math.floor(n / columns)] ?? 0);
}

function addTo(found: Map<string, RealTensor>, { key, shape, first, data }: Piece): void {
  const known = found.get(key)?.data ?? new Float32Array(elementCount(shape));
  for (const [n, value] of data.entries()) known[first + n] = (known[first + n] ?? 0) + value;
  found.set(key, { element: "f32", shape: [...shape], data: known });
}
