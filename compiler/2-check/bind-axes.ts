import type { Size } from "../dims/size.ts";
import type { Axis } from "../ir/graph.ts";
import type { Span } from "../source/source-file.ts";
import { axisWithSize, describeSize, describeType, nameOfAxis } from "./describe.ts";
import type { Elaboration } from "./elaboration.ts";
import type { Env, Instance, MeaningOf, TypeEntry, WrittenType } from "./meaning.ts";
import { inward, outward } from "./renaming.ts";

type TensorPattern = Extract<WrittenType, { kind: "tensor" }>;

/** What binding one argument found, with axes of the caller as keys and of the callee as values. */
export interface AxisBinding {
  readonly replace: ReadonlyMap<Axis, Axis>;
  /** Names that this argument bound. */
  readonly opened: ReadonlyMap<string, Axis>;
  /** What `..` took, as seen inside. */
  readonly rest: readonly Axis[];
}

export interface BindRequest {
  /** Where the caller is, for the names in messages. */
  readonly env: Env;
  readonly pattern: TensorPattern;
  readonly argument: MeaningOf<"tensor">;
  readonly through: readonly Instance[];
  /** "`norm1`". */
  readonly callee: string;
  /** What the parameter's axes are called in the callee. */
  readonly calleeEnv: Env;
  readonly span: Span;
}

/**
 * Binds the axes of one argument to those of its parameter (language page, section 2.1, "Binding a
 * call"): known axes by identity, open names by name, then in order from the side without `..`; what
 * is left over goes to `..`.
 */
export function bindAxes(on: Elaboration, request: BindRequest): AxisBinding | undefined {
  const { pattern, argument, through } = request;
  const left = [...argument.value.type.axes];
  const replace = new Map<Axis, Axis>();
  const missing = takeKnown(on, request, left, replace);
  const opened = new Map<string, Axis>();
  const unbound = takeByName(on, pattern.entries, left, opened);
  const homeless = takeInOrder(on, pattern.entries, unbound, left, opened);
  for (const axis of opened.values()) replace.set(axis, inward(on, through, axis));
  if (missing.length + homeless.length > 0 && !isUndecided(on, left, missing)) {
    reportMissing(on, request, missing, homeless, left);
    return undefined;
  }
  const rest = left.map((axis) => inward(on, through, axis));
  for (const [n, axis] of left.entries()) replace.set(axis, rest[n] ?? axis);
  if (left.length > 0 && !pattern.entries.some((entry) => entry.kind === "rest")) {
    reportExtra(on, request, left);
    return undefined;
  }
  const inside = new Map([...opened].map(([name, axis]) => [name, replace.get(axis) ?? axis]));
  return sizesAgree(on, request, inside) ? { replace, opened: inside, rest } : undefined;
}

/** Takes out the axes that are known already, by identity; gives back those that are not there. */
function takeKnown(on: Elaboration, request: BindRequest, left: Axis[], replace: Map<Axis, Axis>): readonly Axis[] {
  const { pattern, through } = request;
  const missing: Axis[] = [];
  for (const entry of pattern.entries) {
    if (entry.kind !== "known") continue;
    for (const inner of entry.axes) {
      const outer = outward(on, through, inner);
      const place = left.findIndex((axis) => axis === outer || inward(on, through, axis) === inner);
      const [axis] = place < 0 ? [] : left.splice(place, 1);
      if (axis === undefined) missing.push(inner);
      else replace.set(axis, inner);
    }
  }
  return missing;
}

function takeByName(on: Elaboration, entries: readonly TypeEntry[], left: Axis[], opened: Map<string, Axis>): readonly TypeEntry[] {
  return entries.filter((entry) => {
    if (entry.kind !== "open") return false;
    const named = left.filter((axis) => nameInside(on, axis) === entry.name);
    const [axis] = named;
    if (axis === undefined || named.length > 1) return true;
    opened.set(entry.name, axis);
    left.splice(left.indexOf(axis), 1);
    return false;
  });
}

function nameInside(on: Elaboration, axis: Axis): string {
  return on.owners.get(axis)?.name ?? axis.name;
}

/** Entries before `..` bind from the left, those after it from the right. */
function takeInOrder(
  on: Elaboration,
  entries: readonly TypeEntry[],
  unbound: readonly TypeEntry[],
  left: Axis[],
  opened: Map<string, Axis>,
): readonly string[] {
  const restAt = entries.findIndex((entry) => entry.kind === "rest");
  const before = unbound.filter((entry) => restAt < 0 || entries.indexOf(entry) < restAt);
  const after = unbound.filter((entry) => !before.includes(entry)).toReversed();
  const homeless: string[] = [];
  const bind = (entry: TypeEntry, candidates: readonly Axis[]) => {
    if (entry.kind !== "open") return;
    const axis = candidates.find((one) => !on.restAxes.has(one));
    if (axis === undefined) {
      homeless.push(entry.name);
      return;
    }
    opened.set(entry.name, axis);
    left.splice(left.indexOf(axis), 1);
  };
  for (const entry of before) bind(entry, left);
  for (const entry of after) bind(entry, left.toReversed());
  return homeless;
}

/** An axis of an interface may be made of others: only an instance can tell. */
function isUndecided(on: Elaboration, left: Axis[], missing: readonly Axis[]): boolean {
  if (!on.isGeneric) return false;
  const abstract = left.filter((axis) => on.abstractAxes.has(axis));
  if (abstract.length === 0 || missing.length === 0) return false;
  for (const axis of abstract) left.splice(left.indexOf(axis), 1);
  return true;
}

function sizesAgree(on: Elaboration, request: BindRequest, opened: ReadonlyMap<string, Axis>): boolean {
  const { pattern, env, callee, span } = request;
  for (const entry of pattern.entries) {
    if (entry.kind === "rest" || entry.size === undefined) continue;
    const axis = entry.kind === "open" ? opened.get(entry.name) : entry.axes[0];
    if (axis === undefined) continue;
    const isEqual = sizesEqual(on, env, axis.size, entry.size, span, {
      where: callee,
      what: `\`${entry.kind === "open" ? entry.name : entry.text}\``,
      related: entry.span,
    });
    if (!isEqual) return false;
  }
  return true;
}

export interface SizeQuestion {
  readonly where: string;
  readonly what: string;
  /** The other side, for the second span. */
  readonly related: Span | undefined;
}

/** Compares two sizes and reports how they differ. In the generic check what is open stays open. */
export function sizesEqual(on: Elaboration, env: Env, found: Size, needed: Size, span: Span, question: SizeQuestion): boolean {
  const comparison = on.sizes.compare(found, needed, env.frame.facts);
  if (comparison.kind === "equal") return true;
  const [left, right] = [describeSize(on, found), describeSize(on, needed)];
  const related = question.related === undefined ? [] : [{ span: question.related, text: `needed here as ${right}` }];
  if (comparison.kind === "unknown") {
    on.sink.report("fact-unknown", span, { fact: `${left} == ${right}` }, { related });
    return false;
  }
  const { example } = comparison;
  const values = [...example.values].map(([name, value]) => `${name} = ${value}`);
  const notes = values.length === 0 ? [] : [`for ${values.join(", ")} they are ${example.left} and ${example.right}`];
  on.sink.report("size-mismatch", span, { where: question.where, what: question.what, needed: right, found: left }, { related, notes });
  return false;
}

function reportMissing(
  on: Elaboration,
  request: BindRequest,
  missing: readonly Axis[],
  homeless: readonly string[],
  left: readonly Axis[],
): void {
  const { env, calleeEnv, pattern, argument, through, callee, span } = request;
  const found = describeType(on, env, argument.value.type);
  const options = { label: found, related: [{ span: pattern.span, text: "the parameter is declared here" }] };
  const [needed] = missing;
  const other = needed === undefined ? undefined : counterpart(on, request, needed, left);
  if (needed === undefined || other === undefined) {
    const axes = [...missing.map((axis) => nameOfAxis(on, env, outward(on, through, axis))), ...homeless];
    on.sink.report("missing-axis", span, { axes, where: callee, found }, options);
    return;
  }
  const outer = outward(on, through, needed);
  // A formal that owns its axis has no other name than its own.
  const name = on.owners.has(outer) || outer !== needed ? nameOfAxis(on, env, outer) : nameOfAxis(on, calleeEnv, needed);
  on.sink.report(
    "axis-mismatch",
    span,
    {
      where: callee,
      needed: name,
      neededSize: sizeText(on, outer),
      found: nameOfAxis(on, env, other),
      foundSize: sizeText(on, other),
    },
    { ...options, notes: other.size === needed.size ? ["axes of equal size are still different axes"] : [] },
  );
}

function sizeText(on: Elaboration, axis: Axis): string | undefined {
  const text = describeSize(on, axis.size);
  return text === axis.name ? undefined : text;
}

/** The axis that stands where the missing one should: counted from the side without `..`. */
function counterpart(on: Elaboration, request: BindRequest, missing: Axis, left: readonly Axis[]): Axis | undefined {
  const { entries } = request.pattern;
  const { axes } = request.argument.value.type;
  const place = entries.findIndex((entry) => entry.kind === "known" && entry.axes.includes(missing));
  const restAt = entries.findIndex((entry) => entry.kind === "rest");
  const isFromLeft = restAt < 0 || place < restAt;
  const widths = entries.map((entry) => (entry.kind === "known" ? entry.axes.length : 1));
  const sum = (list: readonly number[]) => list.reduce((a, b) => a + b, 0);
  const entry = entries[place];
  const within = entry?.kind === "known" ? entry.axes.indexOf(missing) : 0;
  const offset = isFromLeft ? sum(widths.slice(0, place)) + within : axes.length - sum(widths.slice(place)) + within;
  const axis = axes[offset];
  return axis !== undefined && left.includes(axis) && !on.restAxes.has(axis) ? axis : undefined;
}

function reportExtra(on: Elaboration, request: BindRequest, left: readonly Axis[]): void {
  const { env, pattern, argument, callee, span } = request;
  on.sink.report(
    "extra-axis",
    span,
    {
      axes: left.map((axis) => nameOfAxis(on, env, axis)),
      where: callee,
      found: describeType(on, env, argument.value.type),
    },
    {
      label: left.map((axis) => axisWithSize(on, env, axis)).join(", "),
      related: [{ span: pattern.span, text: "the parameter is declared here" }],
    },
  );
}
