import type { Expr } from "./expr-form.ts";

/**
 * Numbers expressions so that two have one number exactly if they are built alike, whatever parts they
 * share. `tensorNumber` may rename tensors, so that kernels over different tensors compare equal.
 */
export class ExprNumbers {
  readonly #byText = new Map<string, number>();
  readonly #byIdentity = new Map<Expr, number>();
  readonly #tensorNumber: (tensor: number) => number;

  constructor(tensorNumber: (tensor: number) => number = (tensor) => tensor) {
    this.#tensorNumber = tensorNumber;
  }

  numberOf(expr: Expr): number {
    const known = this.#byIdentity.get(expr);
    if (known !== undefined) return known;
    const text = this.#describe(expr);
    let number = this.#byText.get(text);
    if (number === undefined) {
      number = this.#byText.size;
      this.#byText.set(text, number);
    }
    this.#byIdentity.set(expr, number);
    return number;
  }

  /** Every different expression met, in the order of its number. */
  get texts(): readonly string[] {
    return [...this.#byText.keys()];
  }

  #describe(expr: Expr): string {
    switch (expr.kind) {
      case "constant":
        return `${expr.type} ${Object.is(expr.value, -0) ? "-0" : expr.value}`;
      case "axis":
        return `axis ${expr.axis}:${expr.extent}`;
      case "load": {
        const at = this.#list(expr.at);
        return `load ${this.#tensorNumber(expr.tensor)} ${expr.type} ${at}`;
      }
      case "call":
        return `${expr.fn} ${expr.type} ${this.#list(expr.args)}`;
      case "select":
        return `select ${expr.type} ${this.#list([expr.condition, expr.then, expr.otherwise])}`;
      case "reduced":
        return `reduced ${expr.reduction}`;
      case "immediate":
        return `immediate ${expr.name} ${expr.type}`;
    }
  }

  #list(exprs: readonly Expr[]): string {
    return exprs.map((expr) => this.numberOf(expr)).join(" ");
  }
}
