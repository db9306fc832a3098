import { invariant } from "../../diagnostics/internal-error.ts";
import type { Graph, GraphStored, Value } from "../../ir/graph/graph.ts";
import type { GraphBuilder } from "../../ir/graph/graph-builder.ts";
import { isUpdated } from "../../ir/graph/graph-results.ts";
import type { Pass } from "../../ir/pass.ts";
import {
  add,
  applyFunction,
  constant,
  convert,
  div,
  equal,
  less,
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
import { type LossScale, skippedSteps, unlessSkipped } from "./loss-scale.ts";

/** Learning rate, before the schedule, and weight decay of the parameter at a path. */
interface Rates {
  readonly path: string;
  readonly lr: number;
  readonly decay: number;
}

/**
 * Puts the optimizer behind a differentiated loss: what were outputs, a gradient under the path of each
 * parameter, become new values of the parameters; outputs are then the loss, what is watched, `norm` of the
 * gradient before it is clipped, `lr`, the factor of the schedule, `skipped`, and `loss_scale` where the loss has one.
 * A step with a gradient that is not finite is skipped: all that the run keeps stays as it is, but for the scale and
 * the number of steps that have been skipped in a row. What is wrong is reported by the checker, and the graph is
 * left as it is.
 */
export function updatePass(
  checker: Checker,
  plan: CheckedPlan,
  rates: readonly Rates[],
  scale?: LossScale,
): Pass<Graph, { readonly build: GraphBuilder }> {
  return {
    name: "update",
    summary: "clip the gradients and put the optimizer's new values behind them",
    run: (graph) => updated(checker, plan, rates, graph, scale) ?? graph,
  };
}

function updated(
  checker: Checker,
  plan: CheckedPlan,
  rates: readonly Rates[],
  graph: Graph,
  lossScale: LossScale | undefined,
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
  const isGood = less(build, norm, constant(build, largestNorm, "f32", origin), origin);
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
  const skipped = skippedSteps(checker, plan, isGood);
  const scaled = lossScale?.after(isGood) ?? [];
  const outputs = graph.outputs.filter(({ name }) => !rateOf.has(name));
  const numbers = {
    norm,
    lr: factor,
    skipped: convert(build, skipped.next, "f32", origin),
    ...(scaled[0] !== undefined && { loss_scale: scaled[0].next }),
  };
  const more = Object.entries(numbers).map(([name, value]) => ({ name, value, dimensions: [] }));
  const guarded = [...stored, ...kept].map((one) =>
    isUpdated(one) ? unlessSkipped(checker, one, isGood) : one,
  );
  return { ...graph, stored: [...guarded, skipped, ...scaled], outputs: [...outputs, ...more] };
}

/** The square of what is not finite, and a norm that none of finite squares is above but by what f32 cannot hold. */
const squareOfNone = 3e38;
const largestNorm = 1e19;

/**
 * The root of the sum of all squares; above `largestNorm` where a gradient is not finite, which is asked of its bits:
 * compilers may assume that floats are finite.
 */
function normOf(build: GraphBuilder, gradients: readonly Value[]): Value {
  const [first] = gradients;
  invariant(first !== undefined, "nothing is trained");
  const { origin } = first;
  const squares = gradients.map((gradient) => {
    const wide = convert(build, gradient, "f32", origin);
    const none = constant(build, squareOfNone, "f32", origin);
    const square = mul(build, wide, wide, origin);
    const known = where(
      build,
      applyFunction("is_finite", build, [wide], origin),
      square,
      none,
      origin,
    );
    return sum(build, known, wide.type.axes, origin);
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
