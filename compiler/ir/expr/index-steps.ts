import type { VariableId } from "../axis-ids.ts";
import { childrenOf } from "./expr-cost.ts";
import type { Expr } from "./expr-form.ts";
import { type IntegerForm, integerFormOf } from "./integer-form.ts";

/**
 * How an integer changes over the four lanes of a vector: lane l has `start + l * step`.
 * `step` is undefined where that is not known to hold. `multiple` divides the start; 0 stands for "is 0".
 */
export interface Steps {
  readonly step: number | undefined;
  readonly multiple: number;
}

/**
 * Facts about expressions over the four lanes of a vector, which are the values of one axis of extent 4:
 * a position along a vectorised loop is 4 * group + lane.
 */
export class IndexSteps {
  readonly #axis: VariableId;
  readonly #uniform = new Map<Expr, boolean>();
  readonly #steps = new Map<Expr, Steps>();

  constructor(axis: VariableId) {
    this.#axis = axis;
  }

  /** Is the value the same in all four lanes? */
  isUniform(expr: Expr): boolean {
    const known = this.#uniform.get(expr);
    if (known !== undefined) return known;
    let result: boolean;
    if (expr.kind === "axis") result = expr.axis !== this.#axis;
    else if (expr.kind === "call" && expr.type === "i32") result = this.stepsOf(expr).step === 0;
    else result = childrenOf(expr).every((part) => this.isUniform(part));
    this.#uniform.set(expr, result);
    return result;
  }

  stepsOf(expr: Expr): Steps {
    const known = this.#steps.get(expr);
    if (known !== undefined) return known;
    const result = this.ofForm(integerFormOf(expr));
    this.#steps.set(expr, result);
    return result;
  }

  ofForm(form: IntegerForm): Steps {
    let step: number | undefined = 0;
    let multiple = Math.abs(form.constant);
    for (const { atom, coefficient } of form.terms) {
      const part = this.#ofAtom(atom);
      step =
        step === undefined || part.step === undefined ? undefined : step + coefficient * part.step;
      multiple = gcd(multiple, coefficient * part.multiple);
    }
    return { step, multiple };
  }

  #ofAtom(atom: Expr): Steps {
    if (atom.kind === "axis") {
      return atom.axis === this.#axis ? { step: 1, multiple: 0 } : { step: 0, multiple: 1 };
    }
    if (atom.kind === "call" && (atom.fn === "div" || atom.fn === "mod") && atom.type === "i32") {
      const [value, divisor] = atom.args;
      if (value !== undefined && divisor?.kind === "constant" && divisor.value > 0) {
        const inner = this.stepsOf(value);
        return atom.fn === "div" ? quotient(inner, divisor.value) : remainder(inner, divisor.value);
      }
    }
    if (childrenOf(atom).every((part) => this.isUniform(part))) return { step: 0, multiple: 1 };
    return { step: undefined, multiple: 1 };
  }
}

function quotient({ step, multiple }: Steps, divisor: number): Steps {
  if (step === undefined) return { step, multiple: 1 };
  const whole = multiple % divisor === 0 ? multiple / divisor : 1;
  if (step % divisor === 0) return { step: step / divisor, multiple: whole };
  return staysInBlock(step, multiple, divisor)
    ? { step: 0, multiple: whole }
    : { step: undefined, multiple: 1 };
}

function remainder({ step, multiple }: Steps, divisor: number): Steps {
  if (step === undefined) return { step, multiple: 1 };
  if (step % divisor === 0) return { step: 0, multiple: gcd(multiple, divisor) };
  return staysInBlock(step, multiple, divisor)
    ? { step, multiple: gcd(multiple, divisor) }
    : { step: undefined, multiple: 1 };
}

/**
 * The start is at most `divisor - d` above the begin of its block, d = gcd(multiple, divisor): do three
 * more steps stay in the block?
 */
function staysInBlock(step: number, multiple: number, divisor: number): boolean {
  return step >= 0 && 3 * step < gcd(multiple, divisor);
}

function gcd(a: number, b: number): number {
  let [x, y] = [Math.abs(a), Math.abs(b)];
  while (y !== 0) [x, y] = [y, x % y];
  return x;
}
