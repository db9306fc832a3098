import { invariant } from "../../../diagnostics/internal-error.ts";
import type { GraphStored, Value } from "../../../ir/graph/graph.ts";
import type { Kernel, KernelProgram } from "../../../ir/kernel/kernel.ts";
import { tensorsOfKernel } from "../../../ir/kernel/kernel-tensors.ts";
import { readsThroughSlabs } from "../../../ir/kernel/slab-tensors.ts";
import { renumberKernel } from "../../kernel-program/drop-tensors.ts";
import { orderKernels } from "../../kernel-program/order-kernels.ts";
import { fusedEngine } from "../engines/fused-registry.ts";
import type { GraphFacts } from "../graph-facts.ts";
import { type Group, mapGroup } from "../group.ts";
import type { Grouping } from "../grouping.ts";
import { groupWithView } from "../materialise.ts";
import type { Remaking } from "../remake.ts";
import type { StateUpdate } from "../state-updates.ts";
import { operationName, PlaceFinder, partName } from "../value-names.ts";
import type { KernelBuilder } from "./build-kernel.ts";
import { KernelDraft } from "./draft-kernel.ts";
import type { Landing, TensorTable } from "./tensor-table.ts";

/** What stays the same however values are grouped. */
interface AssemblySite {
  readonly facts: GraphFacts;
  readonly table: TensorTable;
}

type Before = ReadonlyMap<Value, KernelBuilder>;

/**
 * The kernels of the groups that outputs and states need, built on demand from the last ones back, and the
 * table of what they read and write.
 */
export class Assembly {
  readonly #facts: GraphFacts;
  readonly #grouping: Grouping;
  readonly #table: TensorTable;
  readonly #remaking: Remaking;
  readonly #drafts = new Map<Group, KernelDraft>();
  readonly #builders: ReadonlyMap<Group, KernelBuilder>;
  #before: Before | undefined;
  /** Tensors of values that are stored a second time. */
  readonly #again = new Map<Value, number>();
  readonly #open: (() => void)[] = [];

  /** `before` is an assembly of other groups of the same values, which is of no use from then on. */
  constructor(
    { facts, table }: AssemblySite,
    grouping: Grouping,
    remaking: Remaking,
    before?: Assembly,
  ) {
    this.#facts = facts;
    this.#remaking = remaking;
    this.#grouping = grouping;
    this.#table = table;
    this.#before = before?.kept;
    table.begin();
    facts.graph.outputs.forEach(({ value }, n) => {
      const tensor = this.#table.interface.outputs[n];
      invariant(tensor !== undefined, "an output without a tensor");
      this.#store(this.#groupForOutput(value, tensor), value, tensor);
    });
    for (const stored of facts.graph.stored) this.#storeNext(stored);
    // What is made first is built first, so that a gradient is stored as soon as it can be.
    const landings = this.#table.landings.toSorted((a, b) => b.value.id - a.value.id);
    for (const landing of landings) this.#land(landing);
    for (let next = this.#open.pop(); next !== undefined; next = this.#open.pop()) next();
    this.#builders = new Map([...this.#drafts].map(([group, { builder }]) => [group, builder]));
    // Kernels that stay remember who made them: whoever that is lets go of those before it.
    this.#before = undefined;
    this.#drafts.clear();
  }

  /** Its kernels by the heads of their groups; copies have no heads of their own. */
  get kept(): Before {
    const own = [...this.#builders.values()].filter(({ group }) => !group.isCopy);
    return new Map(own.map((builder) => [builder.group.head, builder]));
  }

  /** Kernels with more tensors than may be bound. */
  overBindingLimit(maxTensors: number): readonly KernelBuilder[] {
    return [...this.#builders.values()].filter(
      (builder) =>
        builder.mostTensors > maxTensors &&
        tensorsOfKernel(this.#kernel(builder)).length > maxTensors,
    );
  }

  /** How many tensors the kernel of a group would bind if these values were stored too. */
  countTensors(builder: KernelBuilder, stored: ReadonlySet<Value>): number {
    const numbers = new Map([...stored].map((value, n) => [value, this.#table.tensors.length + n]));
    const trial = builder.again(
      (value) => numbers.get(value) ?? this.#knownTensor(value, builder.group),
    );
    return tensorsOfKernel(this.#kernel(trial)).length;
  }

  /**
   * How many tensors the kernel of a group would bind at least if it ended before these of its members: what the others
   * read and store now. What they inline and the ones cut off read too may be stored then, and is not counted.
   */
  leastTensors(builder: KernelBuilder, cut: ReadonlySet<Value>): number {
    const { group } = builder;
    const shared = inlinedIn(cut, this.#facts, this.#grouping);
    const trial = builder.again(
      (value) => (shared.has(value) ? unknownTensor : this.#knownTensor(value, group)),
      (value) => group.members.has(value) && !cut.has(value),
    );
    const tensors = tensorsOfKernel(this.#kernel(trial));
    return tensors.filter((tensor) => tensor !== unknownTensor).length;
  }

  program(name: string): KernelProgram {
    const places = new PlaceFinder();
    const kernelOf = new Map(
      [...this.#builders].map(([group, builder]) => [group, this.#describe(builder, places)]),
    );
    const kernels = orderKernels(
      [...kernelOf.values()],
      this.#turnsOf(kernelOf),
      readsThroughSlabs(this.#table.tensors),
    );
    const { tensors, numberOf } = this.#table.numbered();
    return {
      tensors,
      kernels: kernels.map((kernel) => renumberKernel(kernel, numberOf)),
      steps: [{ name, interface: this.#table.interface }],
    };
  }

  /** Kernels that come after others, though they read nothing of theirs. */
  #turnsOf(kernelOf: ReadonlyMap<Group, Kernel>): ReadonlyMap<Kernel, readonly Kernel[]> {
    const waits = new Map<Kernel, Kernel[]>();
    const { turns, groupOf } = this.#grouping;
    const find = (value: Value): Kernel | undefined => {
      const group = groupOf.get(value);
      return group && kernelOf.get(group);
    };
    for (const { first, then } of turns) {
      const [before, after] = [find(first), find(then)];
      if (before === undefined || after === undefined || before === after) continue;
      waits.set(after, [...(waits.get(after) ?? []), before]);
    }
    return waits;
  }

  #store(group: Group, value: Value, tensor: number): void {
    this.#open.push(() => this.#draftOf(group).store({ value, tensor, update: undefined }));
  }

  #storeNext(stored: GraphStored): void {
    const tensor = this.#table.nextOf(stored);
    if (tensor === undefined) return;
    const { next } = stored;
    const update = this.#facts.updates.get(next);
    if (update === undefined) {
      this.#store(this.#groupForOutput(next, tensor), next, tensor);
      return;
    }
    const group = this.#groupForUpdate(update);
    this.#open.push(() => this.#draftOf(group).store({ value: update.put, tensor, update }));
  }

  /** By what computes it; a copy of what is given. */
  #land({ value, tensor }: Landing): void {
    const own = this.#grouping.groupOf.get(value) ?? groupWithView(value, this.#grouping);
    this.#store(own ?? mapGroup(-1, value, this.#facts, true), value, tensor);
  }

  /** What makes the values, unless the positions wait for it. */
  #groupForUpdate({ put, values }: StateUpdate): Group {
    const { groupOf, order } = this.#grouping;
    const own = groupOf.get(values) ?? groupWithView(values, this.#grouping);
    const isOwn =
      own !== undefined && fusedEngine(own.engine).joins !== "nothing" && order.join(own, [put]);
    return isOwn ? own : mapGroup(-1, values, this.#facts, true);
  }

  #groupForOutput(value: Value, tensor: number): Group {
    const isFirst = this.#table.get(value) === tensor;
    const own = this.#grouping.groupOf.get(value) ?? groupWithView(value, this.#grouping);
    if (isFirst && own !== undefined) return own;
    return mapGroup(-1, value, this.#facts, true);
  }

  #draftOf(group: Group): KernelDraft {
    const known = this.#drafts.get(group);
    if (known !== undefined) return known;
    const before = group.isCopy ? undefined : this.#before?.get(group.head);
    const tensorOf = (value: Value) => this.#tensorOf(value, group);
    const draft = new KernelDraft(group, this.#facts, tensorOf, before);
    this.#drafts.set(group, draft);
    return draft;
  }

  /** Does the kernel of a group make a value again? */
  #isInlined(value: Value, group: Group): boolean {
    return this.#remaking.get(value)?.inline.has(group) === true;
  }

  /** The tensor in which a value is stored again for the kernel of a group. */
  #tensorFor(value: Value, group: Group): number | undefined {
    const remade = this.#remaking.get(value);
    if (remade?.by === undefined || !remade.readers.has(group)) return undefined;
    const known = this.#again.get(value);
    if (known !== undefined) return known;
    const tensor = this.#table.addAgain(value);
    this.#again.set(value, tensor);
    this.#store(remade.by, value, tensor);
    return tensor;
  }

  /** The tensor from which the kernel of a group reads a value, if it does. */
  #knownTensor(value: Value, group: Group): number | undefined {
    const again = this.#tensorFor(value, group);
    return again ?? (this.#isInlined(value, group) ? undefined : this.#table.get(value));
  }

  #tensorOf(value: Value, reader: Group): number | undefined {
    if (this.#isInlined(value, reader)) return undefined;
    const again = this.#tensorFor(value, reader);
    if (again !== undefined) return again;
    const known = this.#table.get(value);
    if (known !== undefined) return known;
    const group = this.#grouping.groupOf.get(value);
    if (group === undefined) return undefined;
    const tensor = this.#table.addIntermediate(value);
    this.#store(group, value, tensor);
    return tensor;
  }

  #kernel(builder: KernelBuilder): Kernel {
    const { group } = builder;
    return {
      name: this.#nameOf(group),
      engine: builder.engine(),
      stores: builder.stores,
      holds: [],
      places: [],
      endsBecause: group.endsBecause,
    };
  }

  /** The engine and the parts whose reductions it has, or the operation where no part is behind it. */
  #nameOf(group: Group): string {
    const heads = [...group.members.keys()].filter(
      (value) => value === group.head || this.#facts.loweringOf(value).kind === "reduce",
    );
    const parts = [...new Set(heads.map(partName))].filter((part) => part !== "");
    return [group.engine, ...(parts.length > 0 ? parts : [group.head.op])].join("-");
  }

  #describe(builder: KernelBuilder, places: PlaceFinder): Kernel {
    const work = builder.computed.filter((value) => !this.#facts.isView(value));
    const shown = work.length > 0 ? work : [builder.group.head];
    const ordered = shown.toSorted((a, b) => a.id - b.id);
    return {
      ...this.#kernel(builder),
      holds: ordered.map(operationName),
      places: places.placesOf(ordered),
    };
  }
}

/** Stands for the tensor of a value that may be stored. */
const unknownTensor = -1;

/** What is computed in no group, and inlined where these values are computed. */
function inlinedIn(
  values: ReadonlySet<Value>,
  facts: GraphFacts,
  { groupOf }: Grouping,
): ReadonlySet<Value> {
  const found = new Set<Value>();
  const open = [...values];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    for (const input of facts.inputsOf(value)) {
      if (found.has(input) || groupOf.has(input) || facts.isStorage(input)) continue;
      found.add(input);
      open.push(input);
    }
  }
  return new Set([...found].filter((value) => !facts.isView(value)));
}
