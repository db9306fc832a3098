import type { CheckpointRead } from "../../compiler/artifact.ts";
import { InternalError } from "../internal-error.ts";
import { elementCount } from "../tensor.ts";

/** Shapes of a checkpoint's tensors by key. */
export type Shapes = Readonly<Record<string, readonly number[]>>;

/** Elements of a parameter, row-major, and where they stand in the tensor of a key. */
export interface KeyPiece {
  readonly key: string;
  /** Of the key's tensor. */
  readonly shape: readonly number[];
  /** The first of these elements in the parameter ... */
  readonly first: number;
  /** ... and in the key's tensor. */
  readonly at: number;
  readonly count: number;
  /** Set where the file has the matrix of `rows` by `columns`, and the parameter its transposed. */
  readonly transposed?: { readonly rows: number; readonly columns: number };
}

/**
 * How a parameter of this path and shape lies in the checkpoint that it was read from: under the keys of the file
 * and in its shapes, or whole under its path where no file has it.
 */
export function keyPieces(
  path: string,
  shape: readonly number[],
  read: CheckpointRead | undefined,
  shapes: Shapes,
): readonly KeyPiece[] {
  const whole = { key: path, shape, first: 0, at: 0, count: elementCount(shape) };
  const source = read?.source;
  const inFile = (key: string): readonly number[] => {
    const known = shapes[key];
    if (known === undefined) throw new InternalError(`the checkpoint has no ${key}`);
    return known;
  };
  switch (source?.kind) {
    case undefined:
      return [whole];
    case "key": {
      // A checkpoint of a run has under their paths what the first file had not, and grids in their new size.
      const isOfRun = source.key === path && shapes[path] === undefined;
      const known = isOfRun ? shape : inFile(source.key);
      const isResized = elementCount(known) !== whole.count;
      return [{ ...whole, key: source.key, shape: isResized ? shape : known }];
    }
    case "concat": {
      let first = 0;
      return source.keys.map((key) => {
        const own = inFile(key);
        const piece = { key, shape: own, first, at: 0, count: elementCount(own) };
        first += piece.count;
        return piece;
      });
    }
    case "transpose": {
      const own = inFile(source.key);
      const [rows = 1, columns = 1] = own;
      return [{ ...whole, key: source.key, shape: own, transposed: { rows, columns } }];
    }
    case "part": {
      const at = source.index * whole.count;
      return [{ ...whole, key: source.key, shape: inFile(source.key), at }];
    }
  }
}

/** Which element of the parameter element `n` of a piece is, counted as its key has them. */
export function placeInParameter(
  { first, transposed }: Pick<KeyPiece, "first" | "transposed">,
  n: number,
): number {
  if (transposed === undefined) return first + n;
  const { rows, columns } = transposed;
  return first + (n % columns) * rows + Math.floor(n / columns);
}
