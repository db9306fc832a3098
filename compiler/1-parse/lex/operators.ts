/** Weakest first: `|>`; `or`; `and`; `not`; comparisons; `+ -`; `* / % div`; unary `-`; `^`. */
const levels: ReadonlyMap<string, number> = new Map([
  ["|>", 1],
  ["or", 2],
  ["and", 3],
  ...["==", "!=", "<", "<=", ">", ">=", "in"].map((operator) => [operator, 5] as const),
  ...["+", "-"].map((operator) => [operator, 6] as const),
  ...["*", "/", "%", "div"].map((operator) => [operator, 7] as const),
  ["^", 9],
]);
const operandLevelOfSign: ReadonlyMap<string, number> = new Map([
  ["not", 5],
  ["-", 9],
]);
const comparison = 5;
const power = 9;

export function levelOf(operator: string): number {
  return levels.get(operator) ?? 0;
}

interface Operand<T, Token> {
  /** `-` and `not` in front, as written. */
  readonly signs: readonly Token[];
  readonly value: T;
}
interface Folding<T, Token> {
  readonly textOf: (token: Token) => string;
  readonly unary: (sign: Token, operand: T) => T;
  readonly binary: (operator: Token, left: T, right: T) => T;
  /** The second of two comparisons in a row. */
  readonly chained: (operator: Token) => void;
}

/** Turns the flat list of an expression, `operands[0] operators[0] operands[1] ...`, into a tree by precedence. */
export function foldOperators<T, Token>(
  operands: readonly Operand<T, Token>[],
  operators: readonly Token[],
  folding: Folding<T, Token>,
): T | undefined {
  let position = 0;

  function prefixed(operand: Operand<T, Token>, from: number): T {
    const sign = operand.signs[from];
    if (sign === undefined) return operand.value;
    const level = operandLevelOfSign.get(folding.textOf(sign)) ?? power;
    return folding.unary(sign, rest(prefixed(operand, from + 1), level));
  }

  /** `left` and every operator after it that binds at least as strongly as `level`. */
  function rest(left: T, level: number): T {
    let result = left;
    let compared = false;
    for (;;) {
      const operator = operators[position];
      const operand = operands[position + 1];
      if (operator === undefined || operand === undefined) return result;
      const own = levelOf(folding.textOf(operator));
      if (own < level) return result;
      if (own === comparison && compared) folding.chained(operator);
      compared = own === comparison;
      position += 1;
      const right = rest(prefixed(operand, 0), own === power ? own : own + 1);
      result = folding.binary(operator, result, right);
    }
  }

  const first = operands[0];
  return first === undefined ? undefined : rest(prefixed(first, 0), 0);
}
