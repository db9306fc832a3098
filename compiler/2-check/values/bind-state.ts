import type { Axis, TensorType } from "../../ir/graph/graph.ts";
import { state } from "../../ops/build/build.ts";
import type { Span } from "../../source/source-file.ts";
import type { Checker } from "../core/checker.ts";
import type { BoundState } from "../core/contexts.ts";
import { describeType } from "../core/describe.ts";
import type {
  Env,
  Instance,
  MemberNode,
  StateDimension,
  Storage,
  TypeEntry,
} from "../core/entity.ts";
import { inward } from "../core/renaming.ts";
import { sizesEqual } from "../core/sizes-equal.ts";

/** Who touches a state, and where. */
export interface StateTouch {
  readonly checker: Checker;
  readonly env: Env;
  readonly node: MemberNode;
  readonly storage: Storage;
  readonly through: readonly Instance[];
  readonly span: Span;
  /** Axes of a value that is stored to it. */
  readonly stored: readonly Axis[] | undefined;
}

/**
 * The dimensions of a state in this call. A free axis that has a name (`B`) is what the fn calls so; the
 * others are those of the first value that it stores, else what `..` stands for in it, else, in a fn
 * without `..`, the free axes of its result.
 */
export function stateDimensions(touch: StateTouch): readonly StateDimension[] | undefined {
  const { env, node } = touch;
  if (env.frame.stateAxes.has(node)) return env.frame.stateAxes.get(node);
  const dimensions = dimensionsHere(touch);
  env.frame.stateAxes.set(node, dimensions);
  return dimensions;
}

/** The state of a mode: the first call that touches it binds its free axes, all others must agree. */
export function bindState(touch: StateTouch): BoundState | undefined {
  const { checker, env, node, storage, span } = touch;
  const isKnown = env.frame.stateAxes.has(node);
  const dimensions = stateDimensions(touch);
  if (dimensions === undefined) return undefined;
  const bound = checker.states.get(storage);
  if (bound === undefined) {
    const type = { element: storage.element, axes: axesOf(dimensions) };
    const path = storage.instance.path;
    const origin = { kind: "source", span: storage.span, path } as const;
    const made = { dimensions, value: state(checker.build, storage.path, type, origin), span };
    checker.states.set(storage, made);
    return made;
  }
  if (isKnown || isSame(bound.dimensions, dimensions)) return bound;
  const typeOf = (of: readonly StateDimension[]): TensorType => ({
    element: storage.element,
    axes: axesOf(of),
  });
  checker.sink.report(
    "state-axes",
    span,
    {
      state: storage.path,
      first: describeType(checker, env, typeOf(bound.dimensions)),
      second: describeType(checker, env, typeOf(dimensions)),
    },
    {
      related: [
        { span: bound.span, text: "its free axes are bound here" },
        { span: storage.span, text: "declared here" },
      ],
    },
  );
  env.frame.stateAxes.set(node, undefined);
  return undefined;
}

export function axesOf(dimensions: readonly StateDimension[]): readonly Axis[] {
  return dimensions.flatMap((dimension) => dimension.axes);
}

/** Order is no identity: of the axes that `..` takes, only which they are. */
function isSame(a: readonly StateDimension[], b: readonly StateDimension[]): boolean {
  const hasIn = (all: readonly StateDimension[], { name, axes }: StateDimension): boolean =>
    all.some((one) => one.name === name && one.axes[0] === axes[0]);
  const [left, right] = [a, b].map((all) => all.filter((one) => one.isFree));
  return left?.length === right?.length && (left ?? []).every((one) => hasIn(right ?? [], one));
}

function dimensionsHere(touch: StateTouch): readonly StateDimension[] | undefined {
  const { checker, env, storage, through, stored } = touch;
  const { entries, axes } = storage;
  const named = namedAxes(touch);
  if (named === undefined) return undefined;
  const taken = new Set([...axes, ...named.values()]);
  // A fn with a `..` that takes nothing has a state without free axes.
  const others = stored ?? env.frame.restAxes ?? env.frame.freeAxes;
  const rest = others
    .map((axis) => inward(checker, through, axis))
    .filter((axis) => !taken.has(axis));
  let known = 0;
  return entries.flatMap((entry): readonly StateDimension[] => {
    if (entry.kind === "rest")
      return rest.map((axis) => ({ name: axis.name, axes: [axis], isFree: true }));
    if (entry.kind === "open") {
      const axis = named.get(entry.name);
      return axis === undefined ? [] : [{ name: entry.name, axes: [axis], isFree: true }];
    }
    const dimension = storage.dimensions[known++];
    return dimension === undefined ? [] : [{ ...dimension, isFree: false }];
  });
}

/** What the fn calls the named free axes, or, of a value that is stored, the axes in order. */
function namedAxes(touch: StateTouch): ReadonlyMap<string, Axis> | undefined {
  const { checker, env, storage, through, stored } = touch;
  const open = storage.entries.filter((entry) => entry.kind === "open");
  const named = new Map<string, Axis>();
  for (const { name } of open) {
    const axis = axisCalled(env, name);
    if (axis !== undefined) named.set(name, inward(checker, through, axis));
  }
  const taken = new Set([...storage.axes, ...named.values()]);
  const left = (stored ?? []).filter((axis) => !taken.has(axis));
  for (const entry of open) {
    const axis = named.get(entry.name) ?? takeOne(left, entry, storage.entries);
    if (axis === undefined) {
      reportUnbound(touch, entry);
      return undefined;
    }
    named.set(entry.name, axis);
    if (entry.size === undefined) continue;
    const question = {
      where: `the state \`${storage.path}\``,
      what: `\`${entry.name}\``,
      related: entry.span,
    };
    if (!sizesEqual(checker, env, axis.size, entry.size, touch.span, question)) return undefined;
  }
  return named;
}

function axisCalled(env: Env, name: string): Axis | undefined {
  const entity = env.scope.find(name)?.entry.entity;
  return entity?.kind === "axes" && entity.axes.length === 1 ? entity.axes[0] : undefined;
}

/** In order, from the side where no `..` stands. */
function takeOne(left: Axis[], entry: TypeEntry, entries: readonly TypeEntry[]): Axis | undefined {
  const restAt = entries.findIndex((one) => one.kind === "rest");
  return restAt < 0 || entries.indexOf(entry) < restAt ? left.shift() : left.pop();
}

function reportUnbound(
  { checker, storage, span }: StateTouch,
  entry: Extract<TypeEntry, { kind: "open" }>,
): void {
  checker.sink.report(
    "unbound-axis",
    span,
    { axis: entry.name, where: `the state \`${storage.path}\`` },
    {
      related: [{ span: entry.span, text: "bound by each call" }],
      hint: `name it in the fn that reads the state: \`x: [${entry.name}, ...]\``,
    },
  );
}
