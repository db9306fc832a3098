import type { GraphStored, Value } from "../../ir/graph/graph.ts";
import { add, constant, convert, state } from "../../ops/build/build.ts";
import { expandTo } from "../../ops/build/build-movement.ts";
import type { Checker } from "../core/checker.ts";
import {
  type Entity,
  type Env,
  errorEntity,
  type StateDimension,
  type Storage,
} from "../core/entity.ts";
import { callSchedule } from "../stages/check-schedule.ts";
import type { CheckedOptimizer, CheckedPlan } from "../stages/checked-stage.ts";

/** What a step of training changes by one call: a parameter, or several as one. */
interface UpdateRequest {
  readonly parameters: readonly GraphStored[];
  /** The parameters, or a tensor that has them all, as what is kept of them is put together, too. */
  readonly weight: Value;
  /** Puts together what is kept of each parameter; `path` is what all of it is called. */
  readonly joined: (path: string, values: readonly Value[]) => Value;
  /** With the axes of `weight`. */
  readonly gradient: Value;
  /** The number of this step, from 1: f32[]. */
  readonly step: Value;
  /** f32[]. */
  readonly lr: Value;
  readonly decay: number;
}

/** Stored tensors that are changed together. */
export interface Change {
  /** Each with its own value for the next one, which the change has not given it yet. */
  readonly stored: readonly GraphStored[];
  /** All of them as they are before the step, and after it. */
  readonly before: Value;
  readonly next: Value;
}

/**
 * Calls `update` of the optimizer: how it changes the parameters, then what it keeps of them. Its states are
 * `optimizer.m.PATH`, with the axes of the parameter for `..`. Undefined after a report.
 */
export function elaborateUpdate(
  checker: Checker,
  env: Env,
  optimizer: CheckedOptimizer,
  request: UpdateRequest,
): readonly Change[] | undefined {
  const { update } = optimizer;
  const { parameters, weight, joined, gradient, step, lr, decay } = request;
  const { build } = checker;
  const { origin, type } = weight;
  const own: Checker = { ...checker, states: new Map(), stateNow: new Map() };
  const kept = new Map<Storage, Pick<Change, "stored" | "before">>();
  for (const storage of statesOf(optimizer)) {
    const stored: GraphStored[] = [];
    for (const parameter of parameters) {
      const one = stateFor(checker, storage, parameter);
      if (one === undefined) return undefined;
      stored.push(one);
    }
    const before = joined(
      storage.path,
      stored.map(({ value }) => value),
    );
    const dimensions = dimensionsOf(storage, weight);
    own.states.set(storage, { dimensions, value: before, span: storage.span });
    kept.set(storage, { stored, before });
  }
  const { span } = update.callable;
  const wide = (value: Value): Entity => ({
    kind: "tensor",
    value: convert(build, value, "f32", origin),
  });
  const rate: Entity = { kind: "static", value: { type: "float", value: decay } };
  const given: readonly Entity[] = [wide(weight), wide(gradient), wide(step), wide(lr), rate];
  const args = given.map((entity) => ({ name: undefined, entity, span }));
  const call = { braces: undefined, args, calleeSpan: span, span, initAxes: undefined };
  const found = checker.callFn(own, env, update, call);
  if (found.kind !== "tensor") return undefined;
  const next = convert(build, found.value, type.element, origin);
  const states = [...kept].map(([storage, state]) => ({
    ...state,
    next: own.stateNow.get(storage) ?? state.before,
  }));
  return [{ stored: parameters, before: weight, next }, ...states];
}

/** What the optimizer keeps of one parameter, as it is before the step. */
function stateFor(
  checker: Checker,
  storage: Storage,
  parameter: GraphStored,
): GraphStored | undefined {
  const { origin } = parameter.value;
  const dimensions = dimensionsOf(storage, parameter.value);
  const axes = dimensions.flatMap((dimension) => dimension.axes);
  const { element, span } = storage;
  const path = `${storage.path}.${parameter.path}`;
  const value = state(checker.build, path, { element, axes }, origin);
  const own: Checker = { ...checker, states: new Map([[storage, { dimensions, value, span }]]) };
  const start = checker.startOf(own, storage.init, storage);
  if (start === undefined) return undefined;
  return {
    kind: "state",
    path,
    value,
    next: value,
    lifetime: "saved",
    dimensions: dimensions.map(({ name, axes }) => ({ name, axes })),
    free: [],
    init: expandTo(checker.build, start, axes, start.origin),
    span,
  };
}

/** The factor on the learning rate at a step, which is counted from 0: f32[]. Undefined after a report. */
export function elaborateSchedule(
  checker: Checker,
  plan: CheckedPlan,
  step: Value,
): Value | undefined {
  const { schedule, env } = plan;
  const { build } = checker;
  if (schedule === undefined) return constant(build, 1, "f32", step.origin);
  const found = callSchedule(checker, env, schedule, {
    step: { kind: "tensor", value: step },
    steps: env.scope.find("steps")?.entry.entity ?? errorEntity,
  });
  if (found.kind === "static" && found.value.type === "float" && found.value.value !== undefined)
    return constant(build, found.value.value, "f32", step.origin);
  return found.kind === "tensor" ? found.value : undefined;
}

/** A number that is counted on the device: `value` before the step, `next` after it; i32[]. */
export function counter(checker: Checker, path: string, plan: CheckedPlan): GraphStored {
  const { build } = checker;
  const kept = keptNumber(checker, path, "i32", 0, plan);
  const { origin } = kept.value;
  return { ...kept, next: add(build, kept.value, constant(build, 1, "i32", origin), origin) };
}

/** A number that a run keeps on the device, which begins as `first`. */
export function keptNumber(
  { build }: Checker,
  path: string,
  element: "i32" | "f32",
  first: number,
  { span }: CheckedPlan,
): GraphStored {
  const origin = { kind: "source", span, path: "" } as const;
  const value = state(build, path, { element, axes: [] }, origin);
  const init = constant(build, first, element, origin);
  const lifetime = "saved";
  return {
    kind: "state",
    path,
    value,
    next: value,
    lifetime,
    dimensions: [],
    free: [],
    init,
    span,
  };
}

/** What the optimizer keeps of each parameter. */
export function statesOf({ instance }: CheckedOptimizer): readonly Storage[] {
  return [...instance.root.names.values()].flatMap(({ content }) =>
    content?.kind === "storage" && content.storage.kind === "state" ? [content.storage] : [],
  );
}

/** Is what the optimizer keeps of a parameter a tensor with its axes, whatever these are? */
export function keepsLikeTensors(optimizer: CheckedOptimizer): boolean {
  return statesOf(optimizer).every(
    ({ entries }) => entries.length === 1 && entries[0]?.kind === "rest",
  );
}

/** `..` takes the axes of the parameter. */
function dimensionsOf(storage: Storage, value: Value): readonly StateDimension[] {
  let known = 0;
  return storage.entries.flatMap((entry): readonly StateDimension[] => {
    if (entry.kind === "rest")
      return value.type.axes.map((axis) => ({ name: axis.name, axes: [axis], isFree: true }));
    const dimension = storage.dimensions[known++];
    return dimension === undefined ? [] : [{ ...dimension, isFree: false }];
  });
}
