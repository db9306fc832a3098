/** Evaluates the text with Weft's precedence: `+ -`, then `* / % div` from the left, then `^`. */
export function evaluateSizeText(
  text: string,
  names: readonly string[],
  values: readonly number[],
): number {
  const tokens = text.match(/\d+|[a-z]+|[-+*/%^(),]/g) ?? [];
  let position = 0;
  const next = (): string => tokens[position++] ?? "";
  const takes = (token: string): boolean => {
    if (tokens[position] !== token) return false;
    position++;
    return true;
  };
  const sum = (): number => {
    let value = takes("-") ? -product() : product();
    while (tokens[position] === "+" || tokens[position] === "-") {
      value = next() === "+" ? value + product() : value - product();
    }
    return value;
  };
  const product = (): number => {
    let value = power();
    while (["*", "/", "%", "div"].includes(tokens[position] ?? "")) {
      const op = next();
      const right = power();
      if (op === "*") value *= right;
      else if (op === "/") value /= right;
      else if (op === "div") value = Math.floor(value / right + 1e-9);
      else value -= right * Math.floor(value / right + 1e-9);
    }
    return value;
  };
  const power = (): number => {
    const base = atom();
    return takes("^") ? base ** power() : base;
  };
  const atom = (): number => {
    const token = next();
    if (token === "(") {
      const value = sum();
      next();
      return value;
    }
    if (token === "min" || token === "max") {
      next();
      const a = sum();
      next();
      const b = sum();
      next();
      return token === "min" ? Math.min(a, b) : Math.max(a, b);
    }
    return /\d/.test(token) ? Number(token) : (values[names.indexOf(token)] ?? Number.NaN);
  };
  return sum();
}
