import type { ScalarType } from "../expr/scalar-types.ts";

/** One call as the WGSL printer has it: the texts of its operands and what its own text may depend on. */
export interface WgslCall {
  readonly args: readonly string[];
  /** The arguments between the parentheses of a call. */
  readonly list: string;
  readonly result: ScalarType;
  readonly operands: ScalarType;
  /** The type of each scalar type at the width of the operands, which all have one width. */
  readonly types: WgslTypes;
  /** Operands that are constant. */
  readonly constants: readonly (number | undefined)[];
  /** Whether the first operand is a whole number that is never negative. */
  readonly isNeverNegative: boolean;
  /** One number at the width of the operands. */
  readonly splat: (code: string, type: ScalarType) => string;
  /** The name under which a function of ours may be called; its text is added to the module. */
  readonly use: (name: string, text: WgslFunction) => string;
}

export type WgslTypes = Readonly<Record<ScalarType, string>>;
export type WgslText = (call: WgslCall) => string;
/** The declaration of a function of ours. */
export type WgslFunction = (name: string, types: WgslTypes) => string;

export function operator(symbol: string): WgslText {
  return ({ args: [a, b] }) => `(${a} ${symbol} ${b})`;
}

export function builtin(name: string): WgslText {
  return ({ list }) => `${name}(${list})`;
}

/** A call of a function that the module declares. */
export function called(name: string, text: WgslFunction): WgslText {
  return ({ list, use }) => `${use(name, text)}(${list})`;
}

/** A conversion to the type of the result; nothing where the operand has it. */
export const conversion: WgslText = ({ args: [x = ""], list, operands, result, types }) =>
  operands === result ? x : `${types[result]}(${list})`;

/** A polynomial of `variable`, coefficients from the highest power down to the constant. */
export function horner(coefficients: readonly string[], variable: string, type: string): string {
  return coefficients.reduce((sum, coefficient, position) =>
    position === 1
      ? `fma(${type}(${sum}), ${variable}, ${type}(${coefficient}))`
      : `fma(${sum}, ${variable}, ${type}(${coefficient}))`,
  );
}

/**
 * Lines that set `name` to e to the power `x` times 2 to the power `shift`, to the last bits of f32, where WGSL
 * promises fewer the larger `x` is: whole powers of 2 are taken off by constants of few bits (Cody and Waite).
 */
export function exponential(
  name: string,
  x: string,
  { f32, i32, u32 }: WgslTypes,
  shift = 0,
): readonly string[] {
  return [
    `  let bounded = select(select(${x}, ${f32}(90.0), ${x} > ${f32}(90.0)), ${f32}(-110.0), ${x} < ${f32}(-110.0));`,
    "  let powers = round(bounded * 1.442695f);",
    `  let whole = ${i32}(powers);`,
    "  // Of the whole number, so that no compiler may put the two constants together again.",
    `  let rest = fma(${f32}(whole), ${f32}(2.1219444e-4f), fma(powers, ${f32}(-0.693359375f), bounded));`,
    `  let root = fma(${horner(exponentialSeries, "rest", f32)} * rest, rest, rest) + 1.0;`,
    `  let places = whole + ${i32}(${shift});`,
    `  let first = places >> ${u32}(1u);`,
    `  let ${name} = root * bitcast<${f32}>((first + ${i32}(127)) << ${u32}(23u)) * bitcast<${f32}>((places - first + ${i32}(127)) << ${u32}(23u));`,
  ];
}

/** 1 / 7! to 1 / 2!: enough for half the logarithm of 2. */
const exponentialSeries = [
  "1.984127e-4",
  "1.3888889e-3",
  "8.3333333e-3",
  "4.1666667e-2",
  "1.6666667e-1",
  "0.5",
];
