import { InternalError } from "../../diagnostics/internal-error.ts";
import { nodesOf } from "../../ir/expr/expr-cost.ts";
import type { Value } from "../../ir/graph/graph.ts";
import type { KernelProgram } from "../../ir/kernel/kernel.ts";
import type { GraphFacts } from "./graph-facts.ts";
import { groupValues } from "./group-values.ts";
import { GroupingPlan } from "./grouping-plan.ts";
import { Assembly } from "./kernels/assemble-kernels.ts";
import type { KernelBuilder } from "./kernels/build-kernel.ts";
import { TensorTable } from "./kernels/tensor-table.ts";
import { materialise } from "./materialise.ts";
import { type Remaking, remake } from "./remake.ts";

interface FusionOptions {
  /** May intermediate values be stored in 16 bits? */
  readonly hasF16: boolean;
  /** How many tensors one kernel may read and write. */
  readonly maxTensors: number;
  /** What one binding holds: what is gathered from a larger tensor is gathered by a kernel of its own. */
  readonly maxBytes: number;
  /** Called each time that all values are grouped, anew after cuts too. */
  readonly onGrouping?: (() => void) | undefined;
}

/**
 * From the graph of a step to kernels: groups values around engines, decides what is stored, and composes
 * everything else into the kernels that read it. Where kernels would need more tensors than may be bound,
 * all of them are cut and everything is done again, so that every decision is made with the cuts in view.
 */
export function fuse(name: string, facts: GraphFacts, options: FusionOptions): KernelProgram {
  const cuts: Cuts = {
    separate: new Set(),
    stored: new Set(largeGathers(facts, options.maxBytes)),
    kept: new Set(),
  };
  const plan = new GroupingPlan(facts);
  const site = { facts, table: new TensorTable(facts.graph, facts, options.hasF16) };
  let assembly: Assembly | undefined;
  for (;;) {
    options.onGrouping?.();
    const grouping = groupValues(plan, cuts.separate);
    const uses = materialise(facts, grouping, cuts.stored, cuts.separate);
    const remaking = remake(facts, grouping, uses, cuts.kept);
    assembly = new Assembly(site, grouping, remaking, assembly);
    const full = assembly.overBindingLimit(options.maxTensors);
    if (full.length === 0) return assembly.program(name);
    const remade = full.map((builder) => remadeIn(builder, remaking));
    // Where one kernel ends changes what others bind. So each is cut a little, and all anew, except for the last one, and
    // where nothing is left to be stored or made otherwise, so that all that can help is to end groups earlier.
    const atOnce =
      full.length === 1 ||
      (remade.every((again) => again.length === 0) &&
        full.every((builder) => inlinedIn(builder, facts, cuts.stored).length === 0));
    for (const [n, builder] of full.entries()) {
      const again = remade[n] ?? [];
      for (const value of again) cuts.kept.add(value);
      if (again.length === 0) cut(builder, assembly, facts, cuts, options.maxTensors, atOnce);
    }
  }
}

/** What the kernels that bind too much made necessary. */
interface Cuts {
  /** Values that may not join the group of what they read. */
  readonly separate: Set<Value>;
  /** Values that have to be stored. */
  readonly stored: Set<Value>;
  /** Values that the backward pass has to read as they were stored. */
  readonly kept: Set<Value>;
}

/**
 * What a kernel makes again, which takes it more tensors than reading it would: what it stores for others, as
 * long as there is such, else what it makes for itself.
 */
function remadeIn({ group }: KernelBuilder, remaking: Remaking): readonly Value[] {
  const stored = [...remaking].filter(([, { by }]) => by === group);
  const own = [...remaking].filter(([, { inline }]) => inline.has(group));
  return (stored.length > 0 ? stored : own).map(([value]) => value);
}

/** Values whose positions are read from a tensor, in a parameter that has to be cut. */
function largeGathers(facts: GraphFacts, maxBytes: number): readonly Value[] {
  const isLarge = (value: Value): boolean =>
    value.op === "parameter" && 4 * facts.elementCount(value.type.axes) > maxBytes;
  return facts.values.filter(
    (value) =>
      value.inputs.some(isLarge) &&
      facts
        .accessesOf(value)
        .some(({ input, at }) => isLarge(input) && nodesOf(at).some(({ kind }) => kind === "load")),
  );
}

/**
 * Stores parts of what a kernel inlines until it binds few enough tensors, or ends its group before its
 * last value where nothing that it inlines is left; before further ones, as long as the rest is sure to bind too much.
 */
function cut(
  builder: KernelBuilder,
  assembly: Assembly,
  facts: GraphFacts,
  { separate, stored }: Cuts,
  maxTensors: number,
  atOnce: boolean,
): void {
  const { group } = builder;
  const own = new Set<Value>();
  for (const value of inlinedIn(builder, facts, stored)) {
    own.add(value);
    stored.add(value);
    if (assembly.countTensors(builder, own) <= maxTensors) return;
  }
  if (own.size > 0) return;
  const members = [...group.members.keys()].reverse();
  const ended = new Set<Value>();
  for (const last of members) {
    if (ended.size > 0 && !atOnce) return;
    if (ended.size > 0 && assembly.leastTensors(builder, ended) <= maxTensors) return;
    if (last === group.head || separate.has(last)) break;
    ended.add(last);
    separate.add(last);
  }
  if (ended.size === 0)
    throw new InternalError(`${group.head.op} reads more tensors than a kernel may bind`);
}

/** What a kernel inlines and could read: the smallest first, and of those the one that is made of most. */
function inlinedIn(
  { group, computed }: KernelBuilder,
  facts: GraphFacts,
  stored: ReadonlySet<Value>,
): readonly Value[] {
  return computed
    .filter((value) => !group.members.has(value) && !facts.isStorage(value) && !stored.has(value))
    .filter((value) => new Set(value.inputs).size > 1)
    .map((value) => ({ value, count: facts.elementCount(value.type.axes) }))
    .sort((a, b) => a.count - b.count || b.value.id - a.value.id)
    .map(({ value }) => value);
}
