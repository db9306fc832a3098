import { InternalError } from "../internal-error.ts";
import { type KeyPiece, placeInParameter } from "../weights/key-pieces.ts";
import type { AdapterPlace } from "./adapter-places.ts";

/** The tensors of a checkpoint as real numbers, by key. */
type ReadNumbers = (key: string) => Float32Array;

/** What becomes of the tensors of a checkpoint whose adapters are merged. */
interface MergedAdapters {
  /** Keys of the weights that change. */
  readonly changed: ReadonlySet<string>;
  /** Keys of the adapters, which are needed no more. */
  readonly dropped: ReadonlySet<string>;
  /** The elements of a changed weight. One adapter is in memory at a time. */
  readonly numbersOf: (key: string) => Float32Array;
}

/** Adds to each adapted weight what its adapter gives: `scale * up * down`, added up in float64 and rounded once. */
export function mergeAdapters(
  adapters: readonly AdapterPlace[],
  read: ReadNumbers,
): MergedAdapters {
  const keysOf = (pieces: readonly KeyPiece[]): readonly string[] => pieces.map(({ key }) => key);
  return {
    changed: new Set(adapters.flatMap(({ weight }) => keysOf(weight))),
    dropped: new Set(adapters.flatMap(({ up, down }) => [...keysOf(up), ...keysOf(down)])),
    numbersOf(key) {
      const numbers = read(key).slice();
      for (const adapter of adapters) {
        const own = adapter.weight.filter((piece) => piece.key === key);
        if (own.length > 0) addAdapter(numbers, own, adapter, read);
      }
      return numbers;
    },
  };
}

/** Adds what an adapter gives to these pieces of its weight. */
function addAdapter(
  numbers: Float32Array,
  pieces: readonly KeyPiece[],
  { part, scale, weight, up, down }: AdapterPlace,
  read: ReadNumbers,
): void {
  const [rows, columns] = [parameter(up, read), parameter(down, read)];
  const count = weight.reduce((sum, piece) => sum + piece.count, 0);
  // [Out, Rank] and [Rank, In] of a weight [Out, In].
  const rank = Math.sqrt((rows.length * columns.length) / count);
  if (!Number.isInteger(rank)) throw new InternalError(`the adapter of ${part} has another shape`);
  const width = columns.length / rank;
  for (const piece of pieces)
    for (let n = 0; n < piece.count; n++) {
      const place = placeInParameter(piece, n);
      const [row, column] = [Math.floor(place / width), place % width];
      let sum = 0;
      for (let r = 0; r < rank; r++)
        sum += (rows[row * rank + r] ?? 0) * (columns[r * width + column] ?? 0);
      numbers[piece.at + n] = (numbers[piece.at + n] ?? 0) + scale * sum;
    }
}

/** The elements of a parameter, row-major. */
function parameter(pieces: readonly KeyPiece[], read: ReadNumbers): Float32Array {
  const found = new Float32Array(pieces.reduce((sum, { count }) => sum + count, 0));
  for (const piece of pieces) {
    const numbers = read(piece.key);
    for (let n = 0; n < piece.count; n++)
      found[placeInParameter(piece, n)] = numbers[piece.at + n] ?? 0;
  }
  return found;
}
