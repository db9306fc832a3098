import { quote } from "../../diagnostics/phrase.ts";
import type { Axis, Value } from "../../ir/graph/graph.ts";
import { convert } from "../build/build.ts";
import { concat, element, expand, stack } from "../build/build-movement.ts";
import { widerElement } from "../build/type-rules.ts";
import { defineSurface } from "./define-surface.ts";
import { formatType } from "./read/format-type.ts";
import { plainAxis } from "./read/made-axes.ts";
import { meetOperands } from "./read/meet-operands.ts";
import { nameOfAxes } from "./read/named-segment.ts";
import { argumentsOf, tensorOperand } from "./read/operands.ts";
import { hasElements, operandWithAxes } from "./read/require-axes.ts";
import { isSameSize } from "./read/require-size.ts";
import type { Operand, SurfaceArgument, SurfaceOp } from "./surface.ts";
import type { CheckedCall } from "./surface-definition.ts";

/** Several tensors as one along a join or a new axis, and one as several. */
export const joiningSurfaces: readonly SurfaceOp[] = [
  defineSurface({
    name: "concat",
    signature: "concat{Tok}(a, b, ...)",
    doc: "One argument for each segment of the join, in order; an argument that lacks a segment's axis is repeated along it.",
    braces: { items: "one" },
    parameters: [{ name: "parts", many: true }],
    elaborate: elaborateConcat,
  }),
  defineSurface({
    name: "stack",
    signature: "stack{S}(a, b, ...)",
    doc: "A new leading axis with one argument for each position, and the union of their axes.",
    braces: { items: "one" },
    parameters: [{ name: "parts", many: true }],
    elaborate: elaborateStack,
  }),
  defineSurface({
    name: "unstack",
    signature: "unstack{S}(x)",
    doc: "One value for each position along `S`, whose size must be a known number.",
    braces: { items: "one" },
    parameters: [{ name: "x" }],
    elaborate: elaborateUnstack,
  }),
];

function elaborateConcat(call: CheckedCall): Operand | undefined {
  const join = onlyAxis(call);
  const args = argumentsOf(call, "parts");
  if (join === undefined) return undefined;
  const parts = partsOf(call, args);
  const { build, sink, origin } = call.context;
  if (join.segments === undefined && args.length > 1) {
    const related = join.span === undefined ? [] : [{ span: join.span, text: "made here" }];
    const params = { axis: join.name, where: quote(call.name) };
    sink.report("not-a-join", call.span, params, { related });
    return undefined;
  }
  const segments = join.segments ?? [[join]];
  if (segments.length !== args.length) {
    const params = {
      where: quote(call.name),
      segments: segments.map(nameOfAxes),
      found: args.length,
    };
    const related = join.span === undefined ? [] : [{ span: join.span, text: "its segments" }];
    sink.report("segment-count", call.span, params, { related });
    return undefined;
  }
  if (parts === undefined) return undefined;
  const [only] = parts;
  if (join.segments === undefined && only !== undefined) {
    return tensorOperand(expand(build, only, [join], origin));
  }
  for (const [n, argument] of args.entries()) {
    const part = parts[n];
    if (part === undefined || !isPart(call, part, argument, join, n)) return undefined;
  }
  return tensorOperand(concat(build, parts, join, origin));
}

/** An argument has no axes of the join but those of its own segment. */
function isPart(
  call: CheckedCall,
  part: Value,
  argument: SurfaceArgument,
  join: Axis,
  number: number,
): boolean {
  const own = join.segments?.[number] ?? [];
  const foreign = [join, ...(join.segments ?? []).flat()].filter((axis) => !own.includes(axis));
  const extra = part.type.axes.filter((axis) => foreign.includes(axis));
  if (extra.length === 0) return true;
  const params = {
    axes: extra.map(call.context.nameOf),
    where: `segment ${quote(nameOfAxes(own))} of ${quote(call.name)}`,
    found: formatType(call.context, part.type),
  };
  const order = (join.segments ?? []).map((segment) => quote(nameOfAxes(segment))).join(", then ");
  const hint = `arguments stand in the order of the join: ${order}`;
  call.context.sink.report("extra-axis", argument.span, params, { hint });
  return false;
}

function elaborateStack(call: CheckedCall): Operand | undefined {
  const axis = onlyAxis(call);
  const args = argumentsOf(call, "parts");
  const parts = partsOf(call, args);
  if (axis === undefined || parts === undefined) return undefined;
  const { build, sizes, sink, isPartial, origin } = call.context;
  for (const [n, argument] of args.entries()) {
    if (!parts[n]?.type.axes.includes(axis)) continue;
    const params = { axis: axis.name, where: `the result of ${quote(call.name)}` };
    sink.report("duplicate-axis", argument.span, params);
    return undefined;
  }
  // How many positions a formal axis has is known where the part is made.
  const isDecided = !isPartial || sizes.valueOf(axis.size) !== undefined;
  const needed = sizes.constant(args.length);
  const { span } = call;
  const question = { what: quote(axis.name), needed, found: axis.size, span, axes: [axis] };
  if (isDecided && !isSameSize(call, question)) return undefined;
  return tensorOperand(stack(build, parts, axis, origin));
}

/** Values that one `unstack` makes; each of them wants a name. */
const mostParts = 1024;

function elaborateUnstack(call: CheckedCall): Operand | undefined {
  const x = operandWithAxes(call);
  const axis = onlyAxis(call);
  if (x === undefined || axis === undefined || !hasElements(call, [axis])) return undefined;
  const { build, sizes, sink, isPartial, origin } = call.context;
  const count = sizes.valueOf(axis.size);
  if (count === undefined) {
    const why = `${quote(call.name)} makes one value for each position`;
    // A formal axis gets its number where the part is made; until then nothing is said of the values.
    if (!isPartial) {
      const params = { axis: axis.name, why, option: undefined };
      const hint = `give it a number there: \`${axis.name} = 2\``;
      const related = axis.span === undefined ? [] : [{ span: axis.span, text: "bound here" }];
      sink.report("size-needed", call.span, params, { hint, related });
    }
    return undefined;
  }
  if (count > mostParts) {
    const params = { what: `axis ${quote(axis.name)}`, found: String(count), limit: mostParts };
    const hint = `${quote(call.name)} makes a value for each position: an axis is taken apart where it is short`;
    sink.report("size-too-large", call.span, params, { hint });
    return undefined;
  }
  const items = Array.from({ length: count }, (_, n) =>
    tensorOperand(element(build, x, axis, n, origin)),
  );
  return items.length === 1 ? items[0] : { kind: "tuple", items };
}

/** The arguments as tensors of one element type. */
function partsOf(
  call: CheckedCall,
  args: readonly SurfaceArgument[],
): readonly Value[] | undefined {
  const parts = meetOperands(call, args, "any");
  if (parts === undefined) return undefined;
  const element = parts.map((part) => part.type.element).reduce(widerElement);
  return parts.map((part) => convert(call.context.build, part, element, call.context.origin));
}

function onlyAxis(call: CheckedCall): Axis | undefined {
  const [item] = call.items;
  return item && plainAxis(call, call.axes, item);
}
