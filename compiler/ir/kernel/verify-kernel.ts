import { InternalError } from "../../diagnostics/internal-error.ts";
import { conditionFacts } from "../expr/condition-facts.ts";
import { boolConstant } from "../expr/expr.ts";
import type { Expr } from "../expr/expr-form.ts";
import { exprKey } from "../expr/expr-key.ts";
import { type Assumption, isWithin, rangeOf } from "../expr/expr-range.ts";
import { findViolation, type Guard } from "../expr/find-violation.ts";
import { integerFormOf } from "../expr/integer-form.ts";
import type { ScalarType, StorageType } from "../expr/scalar-types.ts";
import type { Range } from "../scalar-functions/ranges.ts";
import { resultTypeOf } from "../scalar-functions/scalar-functions.ts";
import type { Kernel } from "./kernel.ts";
import type { KernelTensor } from "./kernel-tensor.ts";
import { coveringStores, type KernelPart, partsOfKernel, storeAxes } from "./loop-axes.ts";
import type { LoopAxis, Store } from "./loops.ts";

/** Called with what is wrong with a kernel. */
export type Fail = (message: string) => never;

/**
 * What must hold of a kernel by itself: types agree, each expression reads only loops and reductions that
 * exist where it stands, and no position leaves its tensor unless a select guards it.
 */
export function checkKernel(kernel: Kernel, tensors: readonly KernelTensor[], fail: Fail): void {
  const check = new PartChecker(tensors, fail);
  for (const part of partsOfKernel(kernel)) check.part(part);
  // Updates whose positions lie outside are dropped.
  for (const store of coveringStores(kernel)) check.reach(store, storeAxes(kernel, store));
}

class PartChecker {
  readonly #tensors: readonly KernelTensor[];
  readonly #fail: Fail;

  constructor(tensors: readonly KernelTensor[], fail: Fail) {
    this.#tensors = tensors;
    this.#fail = fail;
  }

  part(part: KernelPart): void {
    const always = { facts: [], guards: [] };
    const assumed = part.when === undefined ? always : assume(always, part.when, true);
    this.#visit(part.expr, part, assumed, new Map());
  }

  /** Positions that are computed lie inside where the guard holds. */
  reach({ tensor, at, when, partial }: Store, axes: readonly LoopAxis[]): void {
    const assumed = assume({ facts: [], guards: [] }, when ?? boolConstant(true), true);
    at.forEach((position, n) => {
      const { name, shape } = this.#tensors[tensor] as KernelTensor;
      const extent = shape[n] ?? 1;
      if (isWithin(rangeOf(position, knownFrom(assumed.facts)), 0, extent - 1)) return;
      const isProven = partial !== true || when !== undefined;
      if (isProven && findViolation(position, extent, assumed.guards, axes) === undefined) return;
      this.#fail(`${name} is written along dimension ${n} at ${exprKey(position)} of ${extent}`);
    });
  }

  /** `done` holds what was checked under the same assumptions. */
  #visit(expr: Expr, part: KernelPart, assumed: Assumed, done: Map<Expr, true>): void {
    if (done.has(expr)) return;
    done.set(expr, true);
    const visit = (child: Expr): void => this.#visit(child, part, assumed, done);
    switch (expr.kind) {
      case "constant":
      case "immediate":
        return;
      case "axis": {
        const axis = part.axes.find(({ id }) => id === expr.axis);
        if (axis?.extent !== expr.extent)
          this.#fail(`${part.name} reads loop ${expr.axis} from outside`);
        return;
      }
      case "reduced":
        if (expr.reduction >= part.reductions)
          this.#fail(`${part.name} reads reduction ${expr.reduction} too early`);
        return;
      case "load":
        for (const position of expr.at) visit(position);
        this.#load(expr, part, assumed);
        return;
      case "call":
        for (const arg of expr.args) visit(arg);
        this.#call(expr, part);
        return;
      case "select": {
        visit(expr.condition);
        if (expr.condition.type !== "bool" || expr.then.type !== expr.otherwise.type) {
          this.#fail(
            `${part.name} selects ${expr.then.type} or ${expr.otherwise.type} by ${expr.condition.type}`,
          );
        }
        this.#visit(expr.then, part, assume(assumed, expr.condition, true), new Map());
        this.#visit(expr.otherwise, part, assume(assumed, expr.condition, false), new Map());
        return;
      }
    }
  }

  #load(load: Extract<Expr, { kind: "load" }>, part: KernelPart, assumed: Assumed): void {
    const tensor = this.#tensors[load.tensor];
    if (tensor === undefined) throw new InternalError(`there is no tensor ${load.tensor}`);
    if (tensor.shape.length !== load.at.length)
      this.#fail(`${tensor.name} is read with another rank`);
    if (load.type !== "bool" && load.type !== scalarTypeOf(tensor.storage)) {
      this.#fail(`${tensor.name} of ${tensor.storage} is read as ${load.type}`);
    }
    load.at.forEach((position, n) => {
      const extent = tensor.shape[n] ?? 1;
      if (isWithin(rangeOf(position, knownFrom(assumed.facts)), 0, extent - 1)) return;
      // Intervals do not prove everything that is true: only a point that is outside is a mistake.
      const outside = findViolation(position, extent, assumed.guards, part.axes);
      if (outside === undefined) return;
      this.#fail(
        `${part.name} reads ${tensor.name} along dimension ${n} of ${extent} at ${exprKey(position)}, which can be ${outside}`,
      );
    });
  }

  #call(expr: Extract<Expr, { kind: "call" }>, part: KernelPart): void {
    const types = new Set(expr.args.map((arg) => arg.type));
    const expected = resultTypeOf(expr.fn, expr.args[0]?.type ?? expr.type);
    if (types.size > 1) this.#fail(`${part.name} calls ${expr.fn} on ${[...types].join(" and ")}`);
    if (expected !== expr.type)
      this.#fail(`${part.name}: ${expr.fn} gives ${expected}, not ${expr.type}`);
  }
}

/** What holds where an expression stands: bounds that follow from the guards, and the guards. */
interface Assumed {
  readonly facts: readonly Assumption[];
  readonly guards: readonly Guard[];
}

function assume({ facts, guards }: Assumed, condition: Expr, truth: boolean): Assumed {
  return {
    facts: [...facts, ...conditionFacts(condition, truth)],
    guards: [...guards, { condition, truth }],
  };
}

/** Facts speak of a sum of axes and the like, whatever constant is added to it. */
function knownFrom(assumed: readonly Assumption[]): (expr: Expr) => Range | undefined {
  if (assumed.length === 0) return () => undefined;
  const byKey = new Map<string, Range>();
  for (const { expr, range } of assumed) {
    const key = exprKey(expr);
    const known = byKey.get(key);
    const min = Math.max(known?.min ?? Number.NEGATIVE_INFINITY, range.min);
    const max = Math.min(known?.max ?? Number.POSITIVE_INFINITY, range.max);
    byKey.set(key, { min, max });
  }
  return (expr) => {
    if (expr.type !== "i32") return undefined;
    const constant = integerFormOf(expr).constant;
    const key = exprKey(constant === 0 ? expr : withoutConstant(expr));
    const range = byKey.get(key);
    return range && { min: range.min + constant, max: range.max + constant };
  };
}

/** The canonical form has the constant last. */
function withoutConstant(expr: Expr): Expr {
  const [first, last] = expr.kind === "call" && expr.fn === "add" ? expr.args : [];
  return first !== undefined && last?.kind === "constant" ? first : expr;
}

export function scalarTypeOf(storage: StorageType): ScalarType {
  return storage === "i32" || storage === "u32" ? storage : "f32";
}
