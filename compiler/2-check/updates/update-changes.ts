import { invariant } from "../../diagnostics/internal-error.ts";
import type { GraphStored, Origin, Value } from "../../ir/graph/graph.ts";
import { add, constant, convert, equal, mul, state, where } from "../../ops/build/build.ts";
import { reorder } from "../../ops/build/build-movement.ts";
import { layOutSlab } from "../../ops/build/build-slabs.ts";
import type { Extent } from "../../ops/define-op.ts";
import { valuesOver } from "../../ops/values-over.ts";
import type { Checker } from "../core/checker.ts";
import type { CheckedPlan } from "../stages/checked-stage.ts";
import { type Change, elaborateUpdate, keepsLikeTensors } from "./elaborate-update.ts";
import { isElementwise } from "./elementwise-update.ts";
import {
  joined,
  rateOf,
  singleUnits,
  slabUnits,
  type Trained,
  type UpdateUnit,
} from "./update-units.ts";

/** Stored tensors of the members of a unit: the parameters, a moment of each, their means over the steps. */
export interface UnitChange extends Change {
  readonly unit: UpdateUnit;
}

/**
 * Stands for the learning rate until all that is made of it is known. Values that are made later than it are of
 * updates: `name` is no other one's.
 */
export function ratePlaceholder({ build }: Checker, name: string, origin: Origin): Value {
  return state(build, name, { element: "f32", axes: [] }, origin);
}

interface UnitsRequest {
  readonly trained: readonly Trained[];
  readonly step: Value;
  readonly extent: Extent;
  /** The largest slab, in bytes. */
  readonly slabBytes: number;
}

/** Slabs where the optimizer looks at each element by itself, else every parameter by itself. */
export function unitsFor(
  checker: Checker,
  plan: CheckedPlan,
  { trained, step, extent, slabBytes }: UnitsRequest,
): readonly UpdateUnit[] {
  const { optimizer } = plan;
  const [first] = trained;
  invariant(optimizer !== undefined && first !== undefined, `${plan.name} trains nothing`);
  if (!keepsLikeTensors(optimizer)) return singleUnits(trained);
  const { build, sizes } = checker;
  const layout = layOutSlab(build, sizes, extent, [first.stored.value.type.axes]);
  const unit = { members: [first], layout, number: -1 };
  const rate = ratePlaceholder(checker, "learning rate of a trial", step.origin);
  const gradient = joined(checker, unit, "gradients", [first.gradient]);
  const tried = elaborated(checker, plan, { unit, gradient, step, rate });
  const roots = tried?.map(({ next }) => next) ?? [];
  return isElementwise(roots, rate, layout.axes)
    ? slabUnits(checker, trained, extent, slabBytes)
    : singleUnits(trained);
}

interface UnitRequest {
  readonly unit: UpdateUnit;
  /** Of all members as one. */
  readonly gradient: Value;
  /** The number of this step, from 1: f32[]. */
  readonly step: Value;
  /** A placeholder that is older than the update. */
  readonly rate: Value;
}

interface ChangesRequest extends UnitRequest {
  /** On the learning rates: f32[]. */
  readonly factor: Value;
  /** How many steps are in the means so far, where they are kept: i32[]. */
  readonly averaged: Value | undefined;
}

/** How a step changes a unit: its parameters, what the optimizer keeps, and means. Undefined after a report. */
export function changesOf(
  checker: Checker,
  plan: CheckedPlan,
  request: ChangesRequest,
): readonly UnitChange[] | undefined {
  const { unit, rate, factor, averaged } = request;
  const own = elaborated(checker, plan, request);
  const [weights] = own ?? [];
  if (own === undefined || weights === undefined) return undefined;
  const { ema } = plan.policy;
  const all =
    averaged === undefined || ema === undefined
      ? own
      : [...own, average(checker, unit, weights, averaged, ema)];
  const real = rateOf(checker, unit, factor);
  const become = valuesOver(
    checker.build,
    all.map(({ next }) => next),
    {
      isKept: ({ id }) => id <= rate.id,
      inputOf: (input) => (input === rate ? real : undefined),
    },
  );
  return all.map(({ stored, before, next }) => ({
    unit,
    stored,
    before,
    next: reorder(checker.build, become(next), before.type.axes, before.origin),
  }));
}

function elaborated(
  checker: Checker,
  { optimizer, env }: CheckedPlan,
  { unit, gradient, step, rate }: UnitRequest,
): readonly Change[] | undefined {
  const parameters = unit.members.map(({ stored }) => stored);
  const together = (role: string, values: readonly Value[]): Value =>
    joined(checker, unit, role, values);
  const weight = together(
    "weights",
    parameters.map(({ value }) => value),
  );
  const decay = unit.members[0]?.decay;
  invariant(optimizer !== undefined && decay !== undefined, "nothing to update");
  const request = { parameters, weight, joined: together, gradient, step, lr: rate, decay };
  return elaborateUpdate(checker, env, optimizer, request);
}

/** The means of parameters over the steps, which begin as the parameters are before the first of them. */
function average(
  checker: Checker,
  unit: UpdateUnit,
  weights: Change,
  count: Value,
  keep: number,
): Change {
  const { build } = checker;
  const stored = weights.stored.map((parameter): GraphStored => {
    const { path, value, dimensions, init, span } = parameter;
    const name = `ema.${path}`;
    const type = { element: "f32", axes: value.type.axes } as const;
    const mean = state(build, name, type, value.origin);
    const own = { value: mean, next: mean, dimensions, init, span, free: [] };
    return { kind: "state", path: name, lifetime: "saved", ...own };
  });
  const before = joined(
    checker,
    unit,
    "ema",
    stored.map(({ value }) => value),
  );
  const { origin } = before;
  const number = (x: number) => constant(build, x, "f32", origin);
  const wide = (x: Value) => convert(build, x, "f32", origin);
  const isFirst = equal(build, count, constant(build, 0, "i32", origin), origin);
  const from = where(build, isFirst, wide(weights.before), before, origin);
  const kept = mul(build, from, number(keep), origin);
  const added = mul(build, wide(weights.next), number(1 - keep), origin);
  return { stored, before, next: add(build, kept, added, origin) };
}
