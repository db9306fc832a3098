import { invariant } from "../../diagnostics/internal-error.ts";
import type { Graph, GraphStored, Value } from "../../ir/graph/graph.ts";
import type { GraphBuilder } from "../../ir/graph/graph-builder.ts";
import type { Pass } from "../../ir/pass.ts";
import { convert, mul } from "../../ops/build/build.ts";
import { extentOf } from "../../ops/extent.ts";
import type { Checker } from "../core/checker.ts";
import type { CheckedPlan, LoggedNumber } from "../stages/checked-stage.ts";
import { throughControl } from "./control-scalars.ts";
import { counter, elaborateSchedule } from "./elaborate-update.ts";
import { clipFactor, isFiniteNorm, normOf } from "./gradient-norm.ts";
import { type LossScale, skippedSteps, unlessSkipped } from "./loss-scale.ts";
import { changesOf, ratePlaceholder, type UnitChange, unitsFor } from "./update-changes.ts";
import { joined, parted, type Trained } from "./update-units.ts";

/** Learning rate, before the schedule, and weight decay of the parameter at a path. */
interface Rates {
  readonly path: string;
  readonly lr: number;
  readonly decay: number;
}

interface UpdateOptions {
  /** Where gradients are f16 on their way. */
  readonly scale?: LossScale | undefined;
  /** Parameters are updated as one as far as they take no more bytes together: at most what a binding holds. */
  readonly slabBytes?: number;
}

/** Bytes that every device binds as one. */
export const largestSlab = 128 * 2 ** 20;

/**
 * Puts the optimizer behind a differentiated loss: what were outputs, a gradient under the path of each
 * parameter, become new values of the parameters; outputs are then the loss, what is watched, `norm` of the
 * gradient before it is clipped, `lr`, the factor of the schedule, `skipped`, and `loss_scale` where the loss has one.
 * A step with a gradient that is not finite is skipped: all that the run keeps stays as it is, but for the scale and
 * the number of steps that have been skipped in a row. What is wrong is reported by the checker, and the graph is
 * left as it is.
 *
 * Where the optimizer looks at each element by itself, parameters lie end to end in slabs, and so do their gradients
 * and what is kept of them: a few kernels then update all of them.
 */
export function updatePass(
  checker: Checker,
  plan: CheckedPlan,
  rates: readonly Rates[],
  options: UpdateOptions = {},
): Pass<Graph, { readonly build: GraphBuilder }> {
  return {
    name: "update",
    summary: "clip the gradients and put the optimizer's new values behind them",
    run: (graph) => updated(checker, plan, rates, graph, options) ?? graph,
  };
}

function updated(
  checker: Checker,
  plan: CheckedPlan,
  rates: readonly Rates[],
  graph: Graph,
  { scale, slabBytes = largestSlab }: UpdateOptions,
): Graph | undefined {
  const { build } = checker;
  const { policy } = plan;
  const extent = extentOf(checker.sizes, new Map());
  const trained = trainedIn(graph, rates, build);
  const count = counter(checker, "optimizer.step", plan);
  const { origin } = count.value;
  const factor = elaborateSchedule(checker, plan, convert(build, count.value, "f32", origin));
  if (factor === undefined) return undefined;
  const step = convert(build, count.next, "f32", origin);
  const units = unitsFor(checker, plan, { trained, step, extent, slabBytes });
  const gradients = units.map((unit) => {
    const own = unit.members.map(({ gradient }) => gradient);
    return { unit, gradient: joined(checker, unit, "gradients", own) };
  });
  const norm = normOf(
    checker,
    gradients.map(({ gradient }) => gradient),
    extent,
  );
  const isGood = isFiniteNorm(build, norm);
  const clip = policy.clip === undefined ? undefined : clipFactor(build, norm, policy.clip);
  const averaged = policy.ema === undefined ? undefined : counter(checker, "ema.step", plan);
  const rate = ratePlaceholder(checker, "learning rate", origin);
  const changes: UnitChange[] = [];
  for (const { unit, gradient } of gradients) {
    const clipped = clip === undefined ? gradient : mul(build, gradient, clip, origin);
    const request = { unit, gradient: clipped, step, rate, factor, averaged: averaged?.value };
    const own = changesOf(checker, plan, request);
    if (own === undefined) return undefined;
    changes.push(...own);
  }
  const guarded = changes.map(({ before, next }) =>
    next === before ? next : unlessSkipped(checker, before, next, isGood),
  );
  const become = throughControl(checker, guarded, rate, extent);
  const changed = changes.flatMap(({ unit, stored }, n): readonly GraphStored[] => {
    const parts = parted(checker, unit, become(guarded[n] as Value));
    return stored.map((one, m) => ({ ...one, next: parts[m] ?? one.next }));
  });
  const counters = [count, ...(averaged === undefined ? [] : [averaged])].map((one) => ({
    ...one,
    next: unlessSkipped(checker, one.value, one.next, isGood),
  }));
  const nextOf = new Map(changed.map((one) => [one.path, one]));
  const known = new Set(graph.stored.map(({ path }) => path));
  const stored = graph.stored.map((one): GraphStored => {
    const { value, next } = one;
    const own =
      next === value ? one : { ...one, next: unlessSkipped(checker, value, next, isGood) };
    return nextOf.get(one.path) ?? own;
  });
  const kept = changed.filter(({ path }) => !known.has(path));
  const skipped = skippedSteps(checker, plan, isGood);
  const scaled = scale?.after(isGood) ?? [];
  const paths = new Set(rates.map(({ path }) => path));
  const outputs = graph.outputs.filter(({ name }) => !paths.has(name));
  const numbers: Readonly<Partial<Record<LoggedNumber, Value>>> = {
    norm,
    lr: factor,
    skipped: convert(build, skipped.next, "f32", origin),
    ...(scaled[0] !== undefined && { loss_scale: scaled[0].next }),
  };
  const more = Object.entries(numbers).map(([name, value]) => ({ name, value, dimensions: [] }));
  return {
    ...graph,
    stored: [...stored, ...counters, ...kept, skipped, ...scaled],
    outputs: [...outputs, ...more],
  };
}

/** What is trained, in the order in which it is stored. */
function trainedIn(graph: Graph, rates: readonly Rates[], build: GraphBuilder): readonly Trained[] {
  const gradients = new Map(graph.outputs.map(({ name, value }) => [name, value]));
  const rateOf = new Map(rates.map((one) => [one.path, one]));
  return graph.stored.flatMap((stored): readonly Trained[] => {
    const rate = rateOf.get(stored.path);
    if (rate === undefined) return [];
    const raw = gradients.get(stored.path);
    invariant(raw !== undefined, `there is no gradient of ${stored.path}`);
    const { lr, decay } = rate;
    return [{ stored, gradient: convert(build, raw, "f32", raw.origin), lr, decay }];
  });
}
