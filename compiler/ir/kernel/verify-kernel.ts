import { InternalError } from "../../diagnostics/internal-error.ts";
import { conditionFacts } from "../expr/condition-facts.ts";
import { boolConstant } from "../expr/expr.ts";
import { exprKey } from "../expr/expr-key.ts";
import { type Assumption, isWithin, type Range, rangeOf } from "../expr/expr-range.ts";
import { findViolation, type Guard } from "../expr/find-violation.ts";
import { integerFormOf } from "../expr/integer-form.ts";
import { coverTogether } from "./cover-together.ts";
import type {
  Expr,
  Kernel,
  KernelProgram,
  KernelTensor,
  LoopAxis,
  ScalarFn,
  ScalarType,
  StorageType,
  Store,
} from "./kernel.ts";
import { type KernelPart, partsOfKernel, storeAxes } from "./loop-axes.ts";

/**
 * What must hold of every program of kernels: types agree, each expression reads only loops and
 * reductions that exist where it stands, no position leaves its tensor unless a select guards it, every
 * element is stored exactly once, and tensors are made before they are read.
 */
export function verifyKernels(program: KernelProgram, after: string): void {
  const made = new Set<number>();
  for (const tensor of program.tensors) {
    const isResult = tensor.role === "intermediate" || tensor.role === "output";
    if (!isResult && tensor.replaces === undefined) made.add(tensor.id);
  }
  for (const kernel of program.kernels) {
    const fail = (message: string): never => {
      throw new InternalError(`after ${after}, kernel ${kernel.name}: ${message}`);
    };
    const check = new PartChecker(program.tensors, made, fail);
    for (const part of partsOfKernel(kernel)) check.part(part);
    for (const store of kernel.stores) check.reach(store, storeAxes(kernel, store.perRow === true));
    for (const store of kernel.stores) {
      const isState = program.tensors[store.tensor]?.role === "state";
      if (made.has(store.tensor) && !isState) fail(`tensor ${store.tensor} is written again`);
    }
    checkStores(kernel, program.tensors, fail);
    for (const store of kernel.stores) made.add(store.tensor);
  }
  for (const tensor of program.tensors) {
    if (!made.has(tensor.id))
      throw new InternalError(`after ${after}, nothing makes ${tensor.name}`);
  }
}

type Fail = (message: string) => never;

function checkStores(kernel: Kernel, tensors: readonly KernelTensor[], fail: Fail): void {
  const stores = kernel.engine.kind === "scatter" ? kernel.stores.slice(0, 1) : kernel.stores;
  for (const store of stores) {
    const tensor = tensors[store.tensor];
    if (tensor === undefined) throw new InternalError(`there is no tensor ${store.tensor}`);
    const axes = storeAxes(kernel, store.perRow === true);
    const together = stores.filter((other) => other.tensor === store.tensor);
    if (store.partial === true) {
      const isState = tensor.role === "state";
      if (!isState || !coverTogether(together, tensor, axes)) {
        fail(`${tensor.name} may be written twice at ${store.at.map(exprKey).join(", ")}`);
      }
    } else if (store.when !== undefined) {
      fail(`${tensor.name} is written only where something holds`);
    } else if (!coverTogether(together, tensor, axes)) {
      fail(
        `${tensor.name}[${tensor.shape.join(", ")}] is not written exactly once at ${store.at.map(exprKey).join(", ")}`,
      );
    }
    if (store.value.type !== scalarTypeOf(tensor.storage) && store.value.type !== "bool") {
      fail(`${store.value.type} is stored to ${tensor.name} of ${tensor.storage}`);
    }
  }
}

class PartChecker {
  readonly #tensors: readonly KernelTensor[];
  readonly #made: ReadonlySet<number>;
  readonly #fail: Fail;

  constructor(tensors: readonly KernelTensor[], made: ReadonlySet<number>, fail: Fail) {
    this.#tensors = tensors;
    this.#made = made;
    this.#fail = fail;
  }

  part(part: KernelPart): void {
    this.#visit(part.expr, part, { facts: [], guards: [] }, new Map());
  }

  /** Positions that are computed lie inside where the guard holds. */
  reach({ tensor, at, when, partial }: Store, axes: readonly LoopAxis[]): void {
    if (partial !== true) return;
    const assumed = assume({ facts: [], guards: [] }, when ?? boolConstant(true), true);
    at.forEach((position, n) => {
      const { name, shape } = this.#tensors[tensor] as KernelTensor;
      const extent = shape[n] ?? 1;
      if (isWithin(rangeOf(position, knownFrom(assumed.facts)), 0, extent - 1)) return;
      if (findViolation(position, extent, assumed.guards, axes) === undefined && when !== undefined)
        return;
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
    if (!this.#made.has(tensor.id)) this.#fail(`${tensor.name} is read before it is made`);
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
    const expected = resultType(expr.fn, expr.args[0]?.type ?? expr.type);
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

function resultType(fn: ScalarFn, operand: ScalarType): ScalarType {
  switch (fn) {
    case "eq":
    case "ne":
    case "lt":
    case "le":
    case "gt":
    case "ge":
    case "and":
    case "or":
    case "not":
    case "to_bool":
      return "bool";
    case "to_f32":
    case "uniform":
      return "f32";
    case "to_i32":
      return "i32";
    case "to_u32":
      return "u32";
    default:
      return operand;
  }
}
