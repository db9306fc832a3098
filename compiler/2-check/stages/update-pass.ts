import { invariant } from "../../diagnostics/internal-error.ts";
import type { Graph, GraphStored, Value } from "../../ir/graph/graph.ts";
import type { GraphBuilder } from "../../ir/graph/graph-builder.ts";
import type { Pass } from "../../ir/pass.ts";
import {
  add,
  constant,
  convert,
  div,
  equal,
  minimum,
  mul,
  sqrt,
  state,
  where,
} from "../../ops/build/build.ts";
import { sum } from "../../ops/build/build-reduction.ts";
import type { Checker } from "../core/checker.ts";
import type { CheckedPlan } from "./checked-stage.ts";
import { counter, elaborateSchedule, elaborateUpdate, scaledRate } from "./elaborate-update.ts";

/** Learning rate, before the schedule, and weight decay of the parameter at a path. */
interface Rates {
  readonly path: string;
  readonly lr: number;
  readonly decay: number;
}

/**
 * Puts the optimizer behind a differentiated loss: what were outputs, a gradient under the path of each
 * parameter, become new values of the parameters; outputs are then the loss, what is watched, `norm` of the
 * gradient before it is clipped, and `lr`, the factor of the schedule. What is wrong is reported by the checker,
 * and the graph is left as it is.
 */
export function updatePass(
  checker: Checker,
  plan: CheckedPlan,
  rates: readonly Rates[],
): Pass<Graph, { readonly build: GraphBuilder }> {
  return {
    name: "update",
    summary: "clip the gradients and put the optimizer's new values behind them",
    run: (graph) => updated(checker, plan, rates, graph) ?? graph,
  };
}

function updated(
  checker: Checker,
  plan: CheckedPlan,
  rates: readonly Rates[],
  graph: Graph,
): Graph | undefined {
  const { build } = checker;
  const { optimizer, policy, env } = plan;
  invariant(optimizer !== undefined, `${plan.name} has no optimizer`);
  const gradients = new Map(graph.outputs.map(({ name, value }) => [name, value]));
  const rateOf = new Map(rates.map((one) => [one.path, one]));
  const count = counter(checker, "optimizer.step", plan);
  const { origin } = count.value;
  const before = convert(build, count.value, "f32", origin);
  const step = convert(build, count.next, "f32", origin);
  const factor = elaborateSchedule(checker, plan, before);
  if (factor === undefined) return undefined;
  const norm = normOf(
    build,
    rates.map(({ path }) => found(gradients, path)),
  );
  const scale = policy.clip === undefined ? undefined : clipFactor(build, norm, policy.clip);
  const averaged = policy.ema === undefined ? undefined : counter(checker, "ema.step", plan);
  const stored: GraphStored[] = [];
  const kept: GraphStored[] = [count, ...(averaged === undefined ? [] : [averaged])];
  for (const parameter of graph.stored) {
    const rate = rateOf.get(parameter.path);
    if (rate === undefined) {
      stored.push(parameter);
      continue;
    }
    const raw = found(gradients, parameter.path);
    const gradient =
      scale === undefined ? raw : mul(build, convert(build, raw, "f32", origin), scale, origin);
    const lr = scaledRate(checker, factor, rate.lr);
    const request = { parameter, gradient, step, lr, decay: rate.decay };
    const update = elaborateUpdate(checker, env, optimizer, request);
    if (update === undefined) return undefined;
    stored.push({ ...parameter, next: update.next });
    kept.push(...update.states);
    if (averaged !== undefined && policy.ema !== undefined)
      kept.push(average(build, { ...parameter, next: update.next }, averaged, policy.ema));
  }
  const outputs = graph.outputs.filter(({ name }) => !rateOf.has(name));
  const more = [
    { name: "norm", value: norm, dimensions: [] },
    { name: "lr", value: factor, dimensions: [] },
  ];
  return { ...graph, stored: [...stored, ...kept], outputs: [...outputs, ...more] };
}

/** The root of the sum of all squares. */
function normOf(build: GraphBuilder, gradients: readonly Value[]): Value {
  const [first] = gradients;
  invariant(first !== undefined, "nothing is trained");
  const { origin } = first;
  const squares = gradients.map((gradient) => {
    const wide = convert(build, gradient, "f32", origin);
    return sum(build, mul(build, wide, wide, origin), wide.type.axes, origin);
  });
  return sqrt(
    build,
    squares.reduce((all, one) => add(build, all, one, origin)),
    origin,
  );
}

/** As PyTorch clips: what is added keeps a norm of 0 from dividing. */
function clipFactor(build: GraphBuilder, norm: Value, most: number): Value {
  const { origin } = norm;
  const number = (value: number) => constant(build, value, "f32", origin);
  const ratio = div(build, number(most), add(build, norm, number(1e-6), origin), origin);
  return minimum(build, ratio, number(1), origin);
}

/** The mean of a parameter over the steps, which begins as the parameter is before the first of them. */
function average(
  build: GraphBuilder,
  { path, value, next, dimensions, init, span }: GraphStored,
  count: GraphStored,
  keep: number,
): GraphStored {
  const { origin } = value;
  const { axes } = value.type;
  const type = { element: "f32", axes } as const;
  const name = `ema.${path}`;
  const old = state(build, name, type, origin);
  const number = (x: number) => constant(build, x, "f32", origin);
  const wide = (x: Value) => convert(build, x, "f32", origin);
  const isFirst = equal(build, count.value, constant(build, 0, "i32", origin), origin);
  const from = where(build, isFirst, wide(value), old, origin);
  const [before, now] = [
    mul(build, from, number(keep), origin),
    mul(build, wide(next), number(1 - keep), origin),
  ];
  const mean = add(build, before, now, origin);
  return {
    kind: "state",
    path: name,
    value: old,
    next: mean,
    lifetime: "saved",
    dimensions,
    free: [],
    init,
    span,
  };
}

function found(gradients: ReadonlyMap<string, Value>, path: string): Value {
  const value = gradients.get(path);
  invariant(value !== undefined, `there is no gradient of ${path}`);
  return value;
}
