import { invariant } from "../../diagnostics/internal-error.ts";
import type { GraphStored, Value } from "../../ir/graph/graph.ts";
import { constant, index, less, mul, where } from "../../ops/build/build.ts";
import {
  bytesInSlab,
  layOutSlab,
  type SlabLayout,
  slab,
  slabPart,
} from "../../ops/build/build-slabs.ts";
import type { Extent } from "../../ops/define-op.ts";
import type { Checker } from "../core/checker.ts";

/** A parameter that a step of training changes. */
export interface Trained {
  readonly stored: GraphStored;
  /** With its axes: f32. */
  readonly gradient: Value;
  /** Learning rate before the schedule. */
  readonly lr: number;
  /** Weight decay. */
  readonly decay: number;
}

/** What one call of `update` changes: a parameter, or several end to end. */
export interface UpdateUnit {
  readonly members: readonly Trained[];
  /** How tensors of all members lie end to end; undefined for a parameter by itself. */
  readonly layout: SlabLayout | undefined;
  /** Among the units of a program. */
  readonly number: number;
}

/** Every parameter by itself. */
export function singleUnits(trained: readonly Trained[]): readonly UpdateUnit[] {
  return trained.map((one, number) => ({ members: [one], layout: undefined, number }));
}

/**
 * Parameters of one element type and one decay end to end, those of one learning rate beside each other, in as few
 * slabs of at most `most` bytes as there may be. A parameter that is larger is one by itself.
 */
export function slabUnits(
  { build, sizes }: Checker,
  trained: readonly Trained[],
  extent: Extent,
  most: number,
): readonly UpdateUnit[] {
  const kinds = new Map<string, Trained[]>();
  for (const one of trained.toSorted((a, b) => b.lr - a.lr)) {
    const kind = `${one.stored.value.type.element} ${one.decay}`;
    kinds.set(kind, [...(kinds.get(kind) ?? []), one]);
  }
  const groups: (readonly Trained[])[] = [];
  const alone: Trained[] = [];
  for (const own of kinds.values()) {
    let open: Trained[] = [];
    let bytes = 0;
    for (const one of own) {
      const next = slabBytes(one, extent);
      if (next > most) {
        alone.push(one);
        continue;
      }
      if (bytes + next > most) {
        groups.push(open);
        [open, bytes] = [[], 0];
      }
      open.push(one);
      bytes += next;
    }
    if (open.length > 0) groups.push(open);
  }
  const slabs = groups.map((members) => ({
    members,
    layout: layOutSlab(
      build,
      sizes,
      extent,
      members.map(({ stored }) => stored.value.type.axes),
    ),
  }));
  const others = alone.map((one) => ({ members: [one], layout: undefined }));
  return [...slabs, ...others].map((unit, number) => ({ ...unit, number }));
}

/** Tensors of the members as the one that `update` sees; `role` says what they are of the members. */
export function joined(
  { build }: Checker,
  { layout, number }: UpdateUnit,
  role: string,
  values: readonly Value[],
): Value {
  const [first] = values;
  invariant(first !== undefined, "a unit without members");
  return layout === undefined
    ? first
    : slab(build, layout, `${role} slab ${number}`, values, first.origin);
}

/** The tensors of the members in what `update` gives. */
export function parted(
  { build }: Checker,
  { layout, members }: UpdateUnit,
  whole: Value,
): readonly Value[] {
  if (layout === undefined) return [whole];
  return members.map(({ stored }, n) => slabPart(build, layout, whole, n, stored.value.origin));
}

/** The learning rate of a unit: one number, or along the rows of its slab where its members have several. */
export function rateOf({ build }: Checker, unit: UpdateUnit, factor: Value): Value {
  const { members, layout } = unit;
  const { origin } = factor;
  const number = (rate: number): Value => constant(build, rate, "f32", origin);
  const [first] = members;
  invariant(first !== undefined, "a unit without members");
  if (layout === undefined || members.every(({ lr }) => lr === first.lr))
    return mul(build, factor, number(first.lr), origin);
  const starts = layout.parts.flatMap(({ first: row }, n) => {
    const { lr } = members[n] ?? first;
    return members[n - 1]?.lr === lr ? [] : [{ row, lr }];
  });
  const [row] = layout.axes;
  const at = index(build, row, origin);
  const among = (some: typeof starts): Value => {
    const [only, ...more] = some;
    if (only === undefined || more.length === 0) return number(only?.lr ?? first.lr);
    const middle = Math.ceil(some.length / 2);
    const edge = constant(build, some[middle]?.row ?? 0, "i32", origin);
    const isBefore = less(build, at, edge, origin);
    return where(build, isBefore, among(some.slice(0, middle)), among(some.slice(middle)), origin);
  };
  const type = { element: "f32", axes: [row] } as const;
  return mul(build, build.value("table", [among(starts)], {}, type, origin), factor, origin);
}

function slabBytes({ stored }: Trained, extent: Extent): number {
  const count = stored.value.type.axes.reduce((product, axis) => product * extent(axis), 1);
  return bytesInSlab(count);
}
