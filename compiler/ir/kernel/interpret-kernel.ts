import { InternalError, invariant } from "../../diagnostics/internal-error.ts";
import { type Evaluate, ExprEvaluator } from "../expr/evaluate-expr.ts";
import type {
  Combine,
  ConstantTable,
  Engine,
  Kernel,
  KernelProgram,
  LoopAxis,
  Store,
} from "./kernel.ts";
import { rightsOf, storeAxes } from "./loop-axes.ts";

/** Elements of a tensor in row-major order, whatever its storage; booleans are 0 and 1. */
export type TensorData = Float64Array;

/**
 * Runs a program in float64, one element after the other: the judge of what fusion and schedules make.
 * Nothing is rounded to storage types. `given` has inputs, parameters and states by tensor
 * number, constants where they are not what their tables say; the answer has every tensor, states as the program leaves them.
 */
export function interpretKernels(
  program: KernelProgram,
  given: ReadonlyMap<number, TensorData>,
  immediates: Readonly<Record<string, number>> = {},
): ReadonlyMap<number, TensorData> {
  const tensors = new Map(given);
  for (const { id, role, table, shape, partOf } of program.tensors) {
    const state = role === "state" ? given.get(id) : undefined;
    if (state !== undefined) tensors.set(id, state.slice());
    if (table !== undefined && !tensors.has(id))
      tensors.set(id, fillTable(table, shape, partOf?.first));
  }
  for (const kernel of program.kernels) interpretKernel(kernel, program, tensors, immediates);
  return tensors;
}

/** The elements of a constant, or those of a part from number `first` on. */
function fillTable(
  { value, shape: whole }: ConstantTable,
  shape: readonly number[],
  first = 0,
): TensorData {
  const evaluator = new ExprEvaluator([], new Map(), {});
  const element = evaluator.compile(value);
  const all: number[] = [];
  const axes = whole.map((extent, id) => ({ id, name: `d${id}`, extent }));
  evaluator.loop(axes, () => all.push(element()));
  const count = shape.reduce((product, extent) => product * extent, 1);
  return Float64Array.from(all.slice(first, first + count));
}

function interpretKernel(
  kernel: Kernel,
  program: KernelProgram,
  tensors: Map<number, TensorData>,
  immediates: Readonly<Record<string, number>>,
): void {
  const evaluator = new ExprEvaluator(program.tensors, tensors, immediates);
  for (const store of kernel.stores) openTarget(store, program, tensors);
  const perRow = kernel.stores.filter((store) => store.perRow === true);
  const perElement = kernel.stores.filter((store) => store.perRow !== true);
  const write = (stores: Kernel["stores"]): (() => void) => {
    const writers = stores.map((store) => evaluator.store(store));
    return () => {
      for (const writer of writers) writer();
    };
  };
  const [writeRow, writeElement] = [write(perRow), write(perElement)];
  const { engine } = kernel;
  switch (engine.kind) {
    case "map":
      evaluator.loop(engine.grid, writeElement);
      return;
    case "row": {
      const reductions = engine.reductions.map((reduction, n) =>
        reducer(evaluator, n, reduction.combine, engine.lanes, evaluator.compile(reduction.value)),
      );
      evaluator.loop(engine.grid, () => {
        for (const reduce of reductions) reduce();
        writeRow();
        if (perElement.length > 0) evaluator.loop(engine.lanes, writeElement);
      });
      return;
    }
    case "contract": {
      const left = evaluator.compile(engine.left);
      const products = rightsOf(engine).map((operand, n) => {
        const right = evaluator.compile(operand);
        return reducer(evaluator, n, "sum", engine.inner, () => left() * right());
      });
      const statistics = (engine.statistics ?? []).map(({ combine, value }, n) =>
        reducer(evaluator, products.length + n, combine, engine.inner, evaluator.compile(value)),
      );
      evaluator.loop(storeAxes(kernel, false), () => {
        for (const reduce of [...products, ...statistics]) reduce();
        writeElement();
      });
      return;
    }
    case "attend": {
      const attend = attention(evaluator, engine);
      evaluator.loop(storeAxes(kernel, false), () => {
        attend();
        writeElement();
      });
      return;
    }
    case "scatter":
      interpretScatter(kernel, engine, evaluator);
  }
}

/** What no store reaches stays NaN and is seen, or what it was where only a part is stored. */
function openTarget(
  { tensor, partial }: Store,
  { tensors: specs }: KernelProgram,
  tensors: Map<number, TensorData>,
): void {
  const { shape = [], replaces } = specs[tensor] ?? {};
  const count = shape.reduce((a, b) => a * b, 1);
  const before = replaces === undefined ? tensors.get(tensor) : tensors.get(replaces)?.slice();
  // A kernel may read what it replaces: that stays until it is stored.
  const isKept = before !== undefined && (partial === true || replaces === undefined);
  tensors.set(tensor, isKept ? before : new Float64Array(count).fill(Number.NaN));
}

function reducer(
  evaluator: ExprEvaluator,
  number: number,
  combine: Combine,
  axes: readonly LoopAxis[],
  value: Evaluate,
): () => void {
  const start = { sum: 0, max: Number.NEGATIVE_INFINITY, min: Number.POSITIVE_INFINITY }[combine];
  const join = { sum: (a: number, b: number) => a + b, max: Math.max, min: Math.min }[combine];
  return () => {
    let total = start;
    evaluator.loop(axes, () => {
      total = join(total, value());
    });
    evaluator.setReduced(number, total);
  };
}

/** The definition, not the online form: all scores of a row, their softmax, the weighted sum. */
function attention(
  evaluator: ExprEvaluator,
  engine: Extract<Engine, { kind: "attend" }>,
): () => void {
  const query = evaluator.compile(engine.query);
  const key = evaluator.compile(engine.key);
  const value = evaluator.compile(engine.value);
  const mask = engine.mask === undefined ? () => 1 : evaluator.compile(engine.mask);
  return () => {
    const scores: number[] = [];
    const values: number[] = [];
    evaluator.loop(engine.keys, () => {
      let score = 0;
      if (mask() !== 0) {
        evaluator.loop(engine.inner, () => {
          score += query() * key();
        });
        score *= engine.scale;
      } else score = lowestFloat;
      scores.push(score);
      values.push(value());
    });
    const top = scores.reduce((a, b) => Math.max(a, b), lowestFloat);
    const weights = scores.map((score) => Math.exp(score - top));
    const total = weights.reduce((a, b) => a + b, 0);
    const result = weights.reduce((sum, weight, n) => sum + weight * (values[n] ?? 0), 0) / total;
    evaluator.setReduced(0, result);
  };
}

const lowestFloat = -3.4028234663852886e38;

function interpretScatter(
  kernel: Kernel,
  engine: Extract<Engine, { kind: "scatter" }>,
  evaluator: ExprEvaluator,
): void {
  const [base, update] = kernel.stores;
  invariant(base !== undefined && update !== undefined, `${kernel.name} needs a base and updates`);
  const writeBase = evaluator.store(base);
  const place = base.at.map((position) => evaluator.compile(position));
  const wanted = update.at.map((position) => evaluator.compile(position));
  const value = evaluator.compile(update.value);
  const target = evaluator.offset(base.tensor, base.at);
  const data = evaluator.data(base.tensor);
  if (base.tensor !== update.tensor) throw new InternalError(`${kernel.name} writes two tensors`);
  evaluator.loop(engine.grid, () => {
    writeBase();
    const here = place.map((position) => position());
    evaluator.loop(engine.updates, () => {
      if (wanted.every((position, n) => position() === here[n])) data[target()] = value();
    });
  });
}
