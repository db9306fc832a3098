import type { Attr, Attrs, Axis, GraphStored, Value } from "../../ir/graph/graph.ts";
import { add, constant, index, mod, sizeNumber, state } from "../../ops/build/build.ts";
import { type BatchInPieces, lossOf } from "./batch-loss.ts";
import { kept } from "./batch-stored.ts";
import { rebuildValues } from "./rebuild-values.ts";

/** What a step that runs once for each piece knows of its place in the batch. */
export interface Piece {
  /** Along which the rows of all samples are stored. */
  readonly axis: Axis;
  /** The place of the first sample in the batch. Each step that runs once for a piece moves it on. */
  readonly first: GraphStored;
  /** Of each sample of the piece, its place in the batch. */
  readonly positions: Value;
  /** The rows of a member of the cut, of all samples. */
  readonly stored: (row: Value) => Value;
  /** Values of samples as they are in a piece: positions and sizes are those of the whole batch. */
  readonly rebuilt: (values: readonly Value[]) => (value: Value) => Value;
}

export function pieceOf(loss: BatchInPieces): Piece {
  const { build, graph, sizes, samples, count } = loss;
  const { origin } = lossOf(graph);
  const whole = sizes.constant(count);
  const axis = build.axis("Batch", whole, samples.span);
  const before = state(build, "batch.first", { element: "i32", axes: [] }, origin);
  const after = add(build, before, sizeNumber(build, [samples.size], "i32", origin), origin);
  const next = mod(build, after, constant(build, count, "i32", origin), origin);
  const positions = add(build, index(build, samples, origin), before, origin);
  const attrsOf = (attrs: Attrs): Attrs => {
    const entries = Object.entries(attrs).map(([name, attr]) => [name, wholeSizes(attr)] as const);
    const isSame = entries.every(([name, attr]) => attr === attrs[name]);
    return isSame ? attrs : Object.fromEntries(entries);
  };
  /** Sizes in the place of which the whole batch's stand. */
  function wholeSizes(attr: Attr): Attr {
    if (typeof attr !== "object" || "segments" in attr) return attr;
    if ("terms" in attr) return sizes.substitute(attr, new Map([[samples.size, whole]]));
    const list = attr.map(wholeSizes);
    return list.every((one, n) => one === attr[n]) ? attr : list;
  }
  return {
    axis,
    first: kept(loss, before, next),
    positions,
    stored: ({ attrs: { path }, type: { element, axes }, origin: own }) => {
      const others = axes.filter((one) => one !== samples);
      return state(build, String(path), { element, axes: [axis, ...others] }, own);
    },
    rebuilt: (values) =>
      rebuildValues(build, values, new Map(), (value) => {
        if (value.op === "index" && value.attrs.axis === samples)
          return add(build, value, before, value.origin);
        const attrs = attrsOf(value.attrs);
        const { op, inputs, type, origin: own } = value;
        return attrs === value.attrs ? value : build.value(op, inputs, attrs, type, own);
      }),
  };
}
