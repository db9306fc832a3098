import { quote } from "../../diagnostics/phrase.ts";
import type { ElementType } from "../../ir/graph/graph.ts";
import { convert } from "../build/build.ts";
import { elementTypes } from "../build/type-rules.ts";
import { defineForm, type Form } from "./define-form.ts";
import { argumentsOf, staticOperand, tensorOperand } from "./read/form-operands.ts";
import { formatType } from "./read/format-type.ts";
import { staticFloat, staticOperands } from "./read/static-arithmetic.ts";
import { staticTensor } from "./read/static-tensor.ts";
import { textOf } from "./read/text-of.ts";
import type { Operand, SurfaceOp } from "./surface.ts";

/** `f32(x)` and its like for tensors, `float(i)` and `int(x)` for static numbers. */
export const conversionForms: readonly SurfaceOp[] = [
  ...elementTypes.map(conversionForm),
  staticForm("float", "A static number as a float.", (form) => {
    const [known] = staticOperands(argumentsOf(form, "x")) ?? [];
    const number = known && staticFloat(form, known);
    return number && staticOperand({ type: "float", value: number.value });
  }),
  staticForm("int", "A static number as a whole one, rounded towards 0.", (form) => {
    const [known] = staticOperands(argumentsOf(form, "x")) ?? [];
    if (known?.value.type === "int") return staticOperand(known.value);
    const number = known && staticFloat(form, known);
    if (number === undefined) return undefined;
    const { sizes } = form.context;
    // What the generic check cannot know is some whole number: an unknown of its own.
    const value =
      number.value === undefined
        ? sizes.variable(textOf(form.span))
        : sizes.constant(Math.trunc(number.value));
    return staticOperand({ type: "int", value });
  }),
];

function conversionForm(element: ElementType): SurfaceOp {
  return defineForm({
    name: element,
    signature: `${element}(x)`,
    doc: `\`x\` with elements of type \`${element}\`.`,
    braces: { items: "none" },
    parameters: [{ name: "x" }],
    elaborate: (form) => elaborateConversion(form, element),
  });
}

function elaborateConversion(form: Form, element: ElementType): Operand | undefined {
  const { build, origin } = form.context;
  const [argument] = argumentsOf(form, "x");
  if (argument?.operand.kind === "tensor") {
    return tensorOperand(convert(build, argument.operand.value, element, origin));
  }
  if (argument?.operand.kind !== "static") return undefined;
  const { value } = argument.operand;
  const isConverted =
    value.type === "bool" || (value.type === "float" && value.value !== undefined);
  const made = staticTensor(form, value, argument, isConverted ? undefined : element);
  return made && tensorOperand(convert(build, made, element, origin));
}

function staticForm(
  name: string,
  doc: string,
  compute: (form: Form) => Operand | undefined,
): SurfaceOp {
  return defineForm({
    name,
    signature: `${name}(x)`,
    doc,
    braces: { items: "none" },
    parameters: [{ name: "x" }],
    elaborate: (form) => {
      const [argument] = argumentsOf(form, "x");
      if (argument?.operand.kind !== "tensor") return compute(form);
      const found = formatType(form.context, argument.operand.value.type);
      const hint = `${quote(`${name === "int" ? "i32" : "f32"}(${textOf(argument.span)})`)} converts a tensor`;
      form.context.sink.report(
        "not-static",
        argument.span,
        { where: quote(name), found },
        { hint },
      );
      return undefined;
    },
  });
}
