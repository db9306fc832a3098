import { quote } from "../../diagnostics/phrase.ts";
import type { Axis, Value } from "../../ir/graph/graph.ts";
import { convert } from "../build/build.ts";
import { concat, element, expand, stack } from "../build/build-movement.ts";
import { widerElement } from "../build/type-rules.ts";
import { defineForm, type Form } from "./define-form.ts";
import { argumentsOf, tensorOperand } from "./read/form-operands.ts";
import { formatType } from "./read/format-type.ts";
import { plainAxis } from "./read/made-axes.ts";
import { meetOperands } from "./read/meet-operands.ts";
import { nameOfAxes } from "./read/named-segment.ts";
import { hasElements, operandWithAxes } from "./read/require-axes.ts";
import { isSameSize } from "./read/require-size.ts";
import type { Operand, SurfaceArgument, SurfaceOp } from "./surface.ts";

/** Several tensors as one along a join or a new axis, and one as several. */
export const joiningForms: readonly SurfaceOp[] = [
  defineForm({
    name: "concat",
    signature: "concat{Tok}(a, b, ...)",
    doc: "One argument for each segment of the join, in order; an argument that lacks a segment's axis is repeated along it.",
    braces: { items: "one" },
    parameters: [{ name: "parts", many: true }],
    elaborate: elaborateConcat,
  }),
  defineForm({
    name: "stack",
    signature: "stack{S}(a, b, ...)",
    doc: "A new leading axis with one argument for each position, and the union of their axes.",
    braces: { items: "one" },
    parameters: [{ name: "parts", many: true }],
    elaborate: elaborateStack,
  }),
  defineForm({
    name: "unstack",
    signature: "unstack{S}(x)",
    doc: "One value for each position along `S`, whose size must be a known number.",
    braces: { items: "one" },
    parameters: [{ name: "x" }],
    elaborate: elaborateUnstack,
  }),
];

function elaborateConcat(form: Form): Operand | undefined {
  const join = onlyAxis(form);
  const args = argumentsOf(form, "parts");
  if (join === undefined) return undefined;
  const parts = partsOf(form, args);
  const { build, sink, origin } = form.context;
  if (join.segments === undefined && args.length > 1) {
    const related = join.span === undefined ? [] : [{ span: join.span, text: "made here" }];
    const params = { axis: join.name, where: quote(form.name) };
    sink.report("not-a-join", form.span, params, { related });
    return undefined;
  }
  const segments = join.segments ?? [[join]];
  if (segments.length !== args.length) {
    const params = {
      where: quote(form.name),
      segments: segments.map(nameOfAxes),
      found: args.length,
    };
    const related = join.span === undefined ? [] : [{ span: join.span, text: "its segments" }];
    sink.report("segment-count", form.span, params, { related });
    return undefined;
  }
  if (parts === undefined) return undefined;
  const [only] = parts;
  if (join.segments === undefined && only !== undefined) {
    return tensorOperand(expand(build, only, [join], origin));
  }
  for (const [n, argument] of args.entries()) {
    const part = parts[n];
    if (part === undefined || !isPart(form, part, argument, join, n)) return undefined;
  }
  return tensorOperand(concat(build, parts, join, origin));
}

/** An argument has no axes of the join but those of its own segment. */
function isPart(
  form: Form,
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
    axes: extra.map(form.context.nameOf),
    where: `segment ${quote(nameOfAxes(own))} of ${quote(form.name)}`,
    found: formatType(form.context, part.type),
  };
  const order = (join.segments ?? []).map((segment) => quote(nameOfAxes(segment))).join(", then ");
  const hint = `arguments stand in the order of the join: ${order}`;
  form.context.sink.report("extra-axis", argument.span, params, { hint });
  return false;
}

function elaborateStack(form: Form): Operand | undefined {
  const axis = onlyAxis(form);
  const args = argumentsOf(form, "parts");
  const parts = partsOf(form, args);
  if (axis === undefined || parts === undefined) return undefined;
  const { build, sizes, sink, isGeneric, origin } = form.context;
  for (const [n, argument] of args.entries()) {
    if (!parts[n]?.type.axes.includes(axis)) continue;
    const params = { axis: axis.name, where: `the result of ${quote(form.name)}` };
    sink.report("duplicate-axis", argument.span, params);
    return undefined;
  }
  // How many positions a formal axis has is known where the part is made.
  const isDecided = !isGeneric || sizes.valueOf(axis.size) !== undefined;
  const needed = sizes.constant(args.length);
  const { span } = form;
  const question = { what: quote(axis.name), needed, found: axis.size, span, axes: [axis] };
  if (isDecided && !isSameSize(form, question)) return undefined;
  return tensorOperand(stack(build, parts, axis, origin));
}

function elaborateUnstack(form: Form): Operand | undefined {
  const x = operandWithAxes(form);
  const axis = onlyAxis(form);
  if (x === undefined || axis === undefined || !hasElements(form, [axis])) return undefined;
  const { build, sizes, sink, isGeneric, origin } = form.context;
  const count = sizes.valueOf(axis.size);
  if (count === undefined) {
    const why = `${quote(form.name)} makes one value for each position`;
    // A formal axis gets its number where the part is made; until then nothing is said of the values.
    if (!isGeneric) {
      const params = { axis: axis.name, why, option: undefined };
      const hint = `give it a number there: \`${axis.name} = 2\``;
      const related = axis.span === undefined ? [] : [{ span: axis.span, text: "bound here" }];
      sink.report("size-needed", form.span, params, { hint, related });
    }
    return undefined;
  }
  const items = Array.from({ length: count }, (_, n) =>
    tensorOperand(element(build, x, axis, n, origin)),
  );
  return items.length === 1 ? items[0] : { kind: "tuple", items };
}

/** The arguments as tensors of one element type. */
function partsOf(form: Form, args: readonly SurfaceArgument[]): readonly Value[] | undefined {
  const parts = meetOperands(form, args, "any");
  if (parts === undefined) return undefined;
  const element = parts.map((part) => part.type.element).reduce(widerElement);
  return parts.map((part) => convert(form.context.build, part, element, form.context.origin));
}

function onlyAxis(form: Form): Axis | undefined {
  const [item] = form.items;
  return item && plainAxis(form, form.axes, item);
}
