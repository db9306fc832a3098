import { SizeTable } from "../dims/size-table.ts";
import type { Axis, Origin, Value } from "../ir/graph/graph.ts";
import {
  add,
  amount,
  constant,
  convert,
  div,
  greater,
  greaterEqual,
  index,
  less,
  lessEqual,
  mod,
  mul,
  where,
} from "../ops/build/build.ts";
import { rename, reorder, take } from "../ops/build/build-movement.ts";
import { sum } from "../ops/build/build-reduction.ts";
import { axisOf, isFloat } from "../ops/build/type-rules.ts";
import type { GraphPass, PassContext } from "./pass.ts";
import { derivedBy, rewriteGraph } from "./rewrite-graph.ts";

/**
 * A running sum along a short axis is a sum under a mask. A long axis is cut into blocks: the running sum of the
 * blocks' totals, which is one itself, and a masked sum inside the block of each element. Every element is
 * read as often as a block is long, however long the axis is, and what is added up is a tree: each number is
 * rounded a few dozen times on its way.
 */
export const lowerCumsum: GraphPass = {
  name: "lower-cumsum",
  summary: "write running sums as sums under a mask, of blocks where they are long",
  run: (graph, context) =>
    rewriteGraph(graph, "lower-cumsum", context, (value) => {
      const [x] = value.inputs;
      if (value.op !== "cumsum" || x === undefined) return value;
      const { element, axes } = value.type;
      const origin = derivedBy("lower-cumsum", value);
      const axis = axisOf(value.attrs, "axis");
      const how = {
        exclusive: value.attrs.exclusive === true,
        reverse: value.attrs.reverse === true,
      };
      const wide = isFloat(element) ? convert(context.build, x, "f32", origin) : x;
      const found = runningSum(context, {
        x: wide,
        axis,
        length: context.extent(axis),
        how,
        origin,
      });
      return reorder(context.build, convert(context.build, found, element, origin), axes, origin);
    }),
};

const blockLength = 32;
/** An axis up to this length is summed under one mask: floats are rounded with each element, integers are not. */
const longest = { float: 128, integer: 2048 };

interface Scan {
  readonly x: Value;
  readonly axis: Axis;
  readonly length: number;
  readonly how: { readonly exclusive: boolean; readonly reverse: boolean };
  readonly origin: Origin;
}

function runningSum(context: PassContext, scan: Scan): Value {
  const { x, length } = scan;
  const most = isFloat(x.type.element) ? longest.float : longest.integer;
  return length <= most ? maskedSum(context, scan) : blockedSum(context, scan);
}

function maskedSum({ build }: PassContext, { x, axis, how, origin }: Scan): Value {
  const other = build.twin(`${axis.name}'`, axis, axis.span);
  const isAdded = comparison(how)(
    build,
    index(build, other, origin),
    index(build, axis, origin),
    origin,
  );
  const zero = constant(build, 0, x.type.element, origin);
  const moved = rename(build, x, [axis], [other], origin);
  return sum(build, where(build, isAdded, moved, zero, origin), [other], origin);
}

function blockedSum(context: PassContext, scan: Scan): Value {
  const { build } = context;
  const { x, axis, length, how, origin } = scan;
  const sizes = new SizeTable();
  const blocks = Math.ceil(length / blockLength);
  const block = build.axis(`${axis.name}Block`, sizes.constant(blocks), axis.span);
  const place = build.axis(`${axis.name}Place`, sizes.constant(blockLength), axis.span);
  const inBlock = amount(build, blockLength, origin);
  /** The elements of the block with a number; behind the last there are zeros. */
  const elementsOf = (number: Value): Value => {
    const first = mul(build, number, inBlock, origin);
    return take(build, x, axis, add(build, first, index(build, place, origin), origin), origin);
  };
  const totals = sum(build, elementsOf(index(build, block, origin)), [place], origin);
  const ofBlocks = { ...how, exclusive: true };
  const before = runningSum(context, {
    x: totals,
    axis: block,
    length: blocks,
    how: ofBlocks,
    origin,
  });
  const position = index(build, axis, origin);
  const number = div(build, position, inBlock, origin);
  const here = mod(build, position, inBlock, origin);
  const isAdded = comparison(how)(build, index(build, place, origin), here, origin);
  const zero = constant(build, 0, x.type.element, origin);
  const own = sum(build, where(build, isAdded, elementsOf(number), zero, origin), [place], origin);
  return add(build, take(build, before, block, number, origin), own, origin);
}

/** How the position of what is added compares with the position that it is added for. */
function comparison({ exclusive, reverse }: Scan["how"]): typeof less {
  if (reverse) return exclusive ? greater : greaterEqual;
  return exclusive ? less : lessEqual;
}
