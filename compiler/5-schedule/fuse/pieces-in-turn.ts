import type { AxisPiece, Value } from "../../ir/graph/graph.ts";
import type { Contraction } from "./contraction.ts";
import type { GraphFacts } from "./graph-facts.ts";

/** `then` is computed after `first`, though it reads nothing that is made of it. */
export interface Turn {
  readonly first: Value;
  readonly then: Value;
}

/**
 * The pieces of a large product have to follow each other, so that one is out of memory before the next one is
 * there: all that reads a piece whole, on the way there and on the way back, comes before the product of the
 * next piece. The last piece comes first, because reverse mode adds up gradients from the last to the first: each
 * piece then adds its own to the sum of those before.
 */
export function piecesInTurn(
  facts: GraphFacts,
  contractions: ReadonlyMap<Value, Contraction>,
): readonly Turn[] {
  const pieces = new Map<number, Map<number, Ends>>();
  for (const value of facts.values) {
    if (facts.loweringOf(value).kind !== "reduce") continue;
    const read = pieceRead(value, facts, contractions.get(value));
    const made = wholePiece(value, facts);
    const piece = read ?? made;
    if (piece === undefined) continue;
    const ofProduct = pieces.get(piece.product) ?? new Map<number, Ends>();
    pieces.set(piece.product, ofProduct);
    const ends = ofProduct.get(piece.number) ?? { begins: [], ends: [] };
    ofProduct.set(piece.number, ends);
    if (read === undefined) ends.begins.push(value);
    else if (made === undefined) ends.ends.push(value);
  }
  return [...pieces.values()].flatMap((ofProduct) =>
    [...ofProduct].flatMap(([number, { ends }]) =>
      (ofProduct.get(number - 1)?.begins ?? []).flatMap((then) =>
        ends.map((first) => ({ first, then })),
      ),
    ),
  );
}

/** Of one piece: the products that make it, and what makes something smaller of it. */
interface Ends {
  readonly begins: Value[];
  readonly ends: Value[];
}

/** The piece that a reduction reads whole, as it is or as a factor of what it sums. */
function pieceRead(
  value: Value,
  facts: GraphFacts,
  product: Contraction | undefined,
): AxisPiece | undefined {
  const [input] = value.inputs;
  if (input?.type.axes.some(({ piece }) => piece !== undefined) !== true) return undefined;
  for (const read of product === undefined ? [input] : [product.left, product.right]) {
    const piece = wholePiece(read, facts);
    if (piece !== undefined) return piece;
  }
  return undefined;
}

/** The piece that a value has all elements of. */
function wholePiece({ type: { axes } }: Value, facts: GraphFacts): AxisPiece | undefined {
  const rows = axes.find(({ piece }) => piece !== undefined);
  if (rows?.piece === undefined) return undefined;
  const others = facts.elementCount(axes.filter((axis) => axis !== rows));
  return others === rows.piece.columns ? rows.piece : undefined;
}
