// What Python's `float` reads as a number, which scorers written in it call a number.

/**
 * A decimal number with optional sign, point and exponent, `inf`, `infinity` or `nan` in any case, white space around it
 * and single underscores between digits; any script's digits count. `undefined` for any other text.
 */
export function parsePythonFloat(text: string): number | undefined {
  const plain = text
    .trim()
    .toLowerCase()
    .replace(/\p{Nd}/gu, (digit) => String(digitValue(digit)));
  const named = /^([+-]?)(inf|infinity|nan)$/.exec(plain);
  if (named !== null) {
    const value = named[2] === "nan" ? Number.NaN : Number.POSITIVE_INFINITY;
    return named[1] === "-" ? -value : value;
  }
  // Digits are read in one way only: in several, a long run of them would be tried in each.
  const isNumber = /^[+-]?(\d+(_\d+)*(\.(\d+(_\d+)*)?)?|\.\d+(_\d+)*)(e[+-]?\d+(_\d+)*)?$/.test(
    plain,
  );
  return isNumber ? Number(plain.replaceAll("_", "")) : undefined;
}

/** Decimal digits stand in runs of ten from their zero on: the value is the distance to it. */
function digitValue(digit: string): number {
  const code = digit.codePointAt(0) ?? 0;
  if (code < 0x80) return code - 0x30;
  let value = 0;
  while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(code - value - 1))) value++;
  // Mathematical digits follow each other in several runs of ten.
  return code >= 0x1d7ce && code <= 0x1d7ff ? (code - 0x1d7ce) % 10 : value;
}
