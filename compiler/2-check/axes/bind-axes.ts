import type { Axis } from "../../ir/graph/graph.ts";
import type { Checker } from "../core/checker.ts";
import type { AxisTable, GraphMaking } from "../core/contexts.ts";
import { describeAxes, describeType } from "../core/describe.ts";
import type { TypeEntry } from "../core/entity.ts";
import { inward, outward } from "../core/renaming.ts";
import { sizesEqual } from "../core/sizes-equal.ts";
import type { BindRequest } from "./bind-request.ts";
import { declarationsOf, reportExtra, reportMissing } from "./report-binding.ts";

/** What binding one argument found, with axes of the caller as keys and of the callee as values. */
interface AxisBinding {
  readonly replace: ReadonlyMap<Axis, Axis>;
  /** Names that this argument bound. */
  readonly opened: ReadonlyMap<string, Axis>;
  /** What `..` took, as seen inside. */
  readonly rest: readonly Axis[];
}

/**
 * Binds the axes of one argument to those of its parameter (language page, section 2.1, "Binding a
 * call"): known axes by identity, open names by name, then in order from the side without `..`; what
 * is left over goes to `..`.
 */
export function bindAxes(checker: Checker, request: BindRequest): AxisBinding | undefined {
  const { pattern, argument, through } = request;
  const left = [...argument.value.type.axes];
  const replace = new Map<Axis, Axis>();
  const missing = takeKnown(checker, request, left, replace);
  const opened = new Map<string, Axis>();
  const unnamed = takeByName(checker, pattern.entries, left, opened);
  const unbound = takeInOrder(checker, pattern.entries, unnamed, left, opened);
  for (const axis of opened.values()) replace.set(axis, inward(checker, through, axis));
  if (missing.length + unbound.length > 0 && !isUndecided(checker, left, missing)) {
    reportMissing(checker, request, missing, unbound, left);
    return undefined;
  }
  const rest = left.map((axis) => inward(checker, through, axis));
  for (const [n, axis] of left.entries()) replace.set(axis, rest[n] ?? axis);
  if (left.length > 0 && !pattern.entries.some((entry) => entry.kind === "rest")) {
    reportExtra(checker, request, left);
    return undefined;
  }
  const inside = new Map([...opened].map(([name, axis]) => [name, replace.get(axis) ?? axis]));
  return sizesAgree(checker, request, inside) ? { replace, opened: inside, rest } : undefined;
}

/** Takes out the axes that are known already, by identity; gives back those that are not there. */
function takeKnown(
  context: GraphMaking,
  request: BindRequest,
  left: Axis[],
  replace: Map<Axis, Axis>,
): readonly Axis[] {
  const { pattern, through } = request;
  const missing: Axis[] = [];
  for (const entry of pattern.entries) {
    if (entry.kind !== "known") continue;
    for (const inner of entry.axes) {
      const outer = outward(context, through, inner);
      const place = left.findIndex(
        (axis) => axis === outer || inward(context, through, axis) === inner,
      );
      const [axis] = place < 0 ? [] : left.splice(place, 1);
      if (axis === undefined) missing.push(inner);
      else replace.set(axis, inner);
    }
  }
  return missing;
}

function takeByName(
  context: AxisTable,
  entries: readonly TypeEntry[],
  left: Axis[],
  opened: Map<string, Axis>,
): readonly TypeEntry[] {
  return entries.filter((entry) => {
    if (entry.kind !== "open") return false;
    const named = left.filter((axis) => nameInside(context, axis) === entry.name);
    const [axis] = named;
    if (axis === undefined || named.length > 1) return true;
    opened.set(entry.name, axis);
    left.splice(left.indexOf(axis), 1);
    return false;
  });
}

function nameInside(context: AxisTable, axis: Axis): string {
  return context.owners.get(axis)?.name ?? axis.name;
}

/** Entries before `..` bind from the left, those after it from the right. */
function takeInOrder(
  context: AxisTable,
  entries: readonly TypeEntry[],
  unnamed: readonly TypeEntry[],
  left: Axis[],
  opened: Map<string, Axis>,
): readonly string[] {
  const restAt = entries.findIndex((entry) => entry.kind === "rest");
  const before = unnamed.filter((entry) => restAt < 0 || entries.indexOf(entry) < restAt);
  const after = unnamed.filter((entry) => !before.includes(entry)).toReversed();
  const unbound: string[] = [];
  const bind = (entry: TypeEntry, candidates: readonly Axis[]) => {
    if (entry.kind !== "open") return;
    const axis = candidates.find((one) => !context.restAxes.has(one));
    if (axis === undefined) {
      unbound.push(entry.name);
      return;
    }
    opened.set(entry.name, axis);
    left.splice(left.indexOf(axis), 1);
  };
  for (const entry of before) bind(entry, left);
  for (const entry of after) bind(entry, left.toReversed());
  return unbound;
}

/** An axis of an interface may be made of others: only an instance can tell. */
function isUndecided(context: AxisTable, left: Axis[], missing: readonly Axis[]): boolean {
  const abstract = left.filter((axis) => context.abstractAxes.has(axis));
  if (abstract.length === 0 || missing.length === 0) return false;
  for (const axis of abstract) left.splice(left.indexOf(axis), 1);
  return true;
}

function sizesAgree(
  checker: Checker,
  request: BindRequest,
  opened: ReadonlyMap<string, Axis>,
): boolean {
  const { pattern, env, callee, span } = request;
  for (const entry of pattern.entries) {
    if (entry.kind === "rest" || entry.size === undefined) continue;
    const axis = entry.kind === "open" ? opened.get(entry.name) : entry.axes[0];
    if (axis === undefined) continue;
    const isEqual = sizesEqual(checker, env, axis.size, entry.size, span, {
      where: callee,
      what: `\`${entry.kind === "open" ? entry.name : describeAxes(checker, request.calleeEnv, entry.axes)}\``,
      related: entry.span,
      label: describeType(checker, env, request.argument.value.type),
      reasons: declarationsOf(checker, env, [outward(checker, request.through, axis)]),
    });
    if (!isEqual) return false;
  }
  return true;
}
