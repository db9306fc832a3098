import type { ScalarType } from "../../../ir/expr/scalar-types.ts";
import { functionRecord, type ScalarFn } from "../../../ir/scalar-functions/scalar-functions.ts";
import { bare, typeName, type Width } from "../writer/value-types.ts";
import { type CalledFunctions, typesOf } from "./called-functions.ts";

/** One call of the kernel form, with what its text may depend on. */
interface CallShape {
  readonly fn: ScalarFn;
  readonly type: ScalarType;
  readonly argType: ScalarType;
  readonly width: Width;
  readonly constants: readonly (number | undefined)[];
  /** Whether the first argument is a whole number that is never negative. */
  readonly isNeverNegative: boolean;
}

/** The WGSL text of a call over the texts of its arguments, all of one width. */
export function callText(
  shape: CallShape,
  args: readonly string[],
  functions: CalledFunctions,
): string {
  const { fn, type, argType, width, constants, isNeverNegative } = shape;
  return functionRecord(fn).wgsl({
    args,
    list: args.map(bare).join(", "),
    result: type,
    operands: argType,
    types: typesOf(width),
    constants,
    isNeverNegative,
    splat: (code, of) => (width === 1 ? code : `${typeName(of, width)}(${code})`),
    use: (name, text) => functions.add(name, width, text),
  });
}
