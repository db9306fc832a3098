import { quote } from "../../diagnostics/phrase.ts";
import type { ElementType } from "../../ir/graph/graph.ts";
import { convert } from "../build/build.ts";
import { elementTypes } from "../build/type-rules.ts";
import { defineSurface } from "./define-surface.ts";
import { formatType } from "./read/format-type.ts";
import { argumentsOf, staticOperand, tensorOperand } from "./read/operands.ts";
import { staticFloat, staticOperands } from "./read/static-arithmetic.ts";
import { staticTensor } from "./read/static-tensor.ts";
import { textOf } from "./read/text-of.ts";
import type { Operand, SurfaceOp } from "./surface.ts";
import type { CheckedCall } from "./surface-definition.ts";

/** `f32(x)` and its like for tensors, `float(i)` and `int(x)` for static numbers. */
export const conversionSurfaces: readonly SurfaceOp[] = [
  ...elementTypes.map(conversionSurface),
  staticSurface("float", "A static number as a float.", (call) => {
    const [known] = staticOperands(argumentsOf(call, "x")) ?? [];
    const number = known && staticFloat(call, known);
    return number && staticOperand({ type: "float", value: number.value });
  }),
  staticSurface("int", "A static number as a whole one, rounded towards 0.", (call) => {
    const [known] = staticOperands(argumentsOf(call, "x")) ?? [];
    if (known?.value.type === "int") return staticOperand(known.value);
    const number = known && staticFloat(call, known);
    if (number === undefined) return undefined;
    const { sizes, sink } = call.context;
    const limit = Number.MAX_SAFE_INTEGER;
    if (Math.abs(number.value ?? 0) > limit || Number.isNaN(number.value)) {
      const params = { what: quote(textOf(call.span)), found: undefined, limit };
      sink.report("size-too-large", call.span, params);
      return undefined;
    }
    // What the generic check cannot know is some whole number: an unknown of its own.
    const value =
      number.value === undefined
        ? sizes.variable(textOf(call.span))
        : sizes.constant(Math.trunc(number.value));
    return staticOperand({ type: "int", value });
  }),
];

function conversionSurface(element: ElementType): SurfaceOp {
  return defineSurface({
    name: element,
    signature: `${element}(x)`,
    doc: `\`x\` with elements of type \`${element}\`.`,
    braces: { items: "none" },
    parameters: [{ name: "x" }],
    elaborate: (call) => elaborateConversion(call, element),
  });
}

function elaborateConversion(call: CheckedCall, element: ElementType): Operand | undefined {
  const { build, origin } = call.context;
  const [argument] = argumentsOf(call, "x");
  if (argument?.operand.kind === "tensor") {
    return tensorOperand(convert(build, argument.operand.value, element, origin));
  }
  if (argument?.operand.kind !== "static") return undefined;
  const { value } = argument.operand;
  // To a narrow float a number is rounded, as tensors are; only the generic check has numbers without a value.
  const isNarrow = element === "f16" || element === "bf16";
  const isConverted =
    value.type === "bool" ||
    (value.type === "int" && isNarrow) ||
    (value.type === "float" && value.value !== undefined);
  const made = staticTensor(call, value, argument, isConverted ? undefined : element);
  return made && tensorOperand(convert(build, made, element, origin));
}

function staticSurface(
  name: string,
  doc: string,
  compute: (call: CheckedCall) => Operand | undefined,
): SurfaceOp {
  return defineSurface({
    name,
    signature: `${name}(x)`,
    doc,
    braces: { items: "none" },
    parameters: [{ name: "x" }],
    elaborate: (call) => {
      const [argument] = argumentsOf(call, "x");
      if (argument?.operand.kind !== "tensor") return compute(call);
      const found = formatType(call.context, argument.operand.value.type);
      const hint = `${quote(`${name === "int" ? "i32" : "f32"}(${textOf(argument.span)})`)} converts a tensor`;
      call.context.sink.report(
        "not-static",
        argument.span,
        { where: quote(name), found },
        { hint },
      );
      return undefined;
    },
  });
}
