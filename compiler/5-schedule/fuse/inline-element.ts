import type { Expr } from "../../ir/expr/expr-form.ts";
import { ExprNumbers } from "../../ir/expr/expr-numbers.ts";
import type { Axis, Value } from "../../ir/graph/graph.ts";

/** What the rules of operations say of single elements. */
export interface ElementFacts {
  readonly indexOf: (axis: Axis) => Expr;
  /** One element of `value` at `at`, from elements of its inputs. */
  readonly element: (
    value: Value,
    at: (axis: Axis) => Expr,
    input: (n: number, at: (axis: Axis) => Expr) => Expr,
  ) => Expr;
}

/** Answers for values that are not made of their inputs here: stored tensors, reductions of the kernel. */
type Resolve = (value: Value, at: readonly Expr[]) => Expr | undefined;

/**
 * One element of a value as an expression, down to what `resolve` answers for: fusion by composing the
 * rules of the operations. The same element asked for twice is the same object.
 */
export class ElementInliner {
  readonly #facts: ElementFacts;
  readonly #resolve: Resolve;
  readonly #numbers = new ExprNumbers();
  readonly #done = new Map<string, Expr>();

  constructor(facts: ElementFacts, resolve: Resolve) {
    this.#facts = facts;
    this.#resolve = resolve;
  }

  element(value: Value, at: readonly Expr[]): Expr {
    const resolved = this.#resolve(value, at);
    if (resolved !== undefined) return resolved;
    const key = `${value.id}@${at.map((position) => this.#numbers.numberOf(position)).join(",")}`;
    const known = this.#done.get(key);
    if (known !== undefined) return known;
    const positionOf = (axis: Axis): Expr =>
      at[value.type.axes.indexOf(axis)] ?? this.#facts.indexOf(axis);
    const expr = this.#facts.element(value, positionOf, (n, inputAt) => {
      const input = value.inputs[n] as Value;
      return this.element(input, input.type.axes.map(inputAt));
    });
    this.#done.set(key, expr);
    return expr;
  }
}
