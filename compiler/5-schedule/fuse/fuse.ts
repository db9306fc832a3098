import { InternalError, invariant } from "../../diagnostics/internal-error.ts";
import { nodesOf } from "../../ir/expr/expr-cost.ts";
import type { Graph, GraphState, Value } from "../../ir/graph/graph.ts";
import type { Kernel, KernelProgram } from "../../ir/kernel/kernel.ts";
import { tensorsOfKernel } from "../../ir/kernel/kernel-tensors.ts";
import type { Extent, OpDefinition } from "../../ops/define-op.ts";
import { dropTensors } from "../kernel-program/drop-tensors.ts";
import { orderKernels } from "../kernel-program/order-kernels.ts";
import { commuteNorms } from "../rewrite/commute-norms.ts";
import { explainEnds } from "../rewrite/explain-ends.ts";
import { foldRotations } from "../rewrite/fold-rotations.ts";
import { layOutIntermediates } from "../rewrite/lay-out-intermediates.ts";
import { mergeContractions } from "../rewrite/merge-contractions.ts";
import { mergeRows } from "../rewrite/merge-rows.ts";
import { shareMaps } from "../rewrite/share-maps.ts";
import { KernelBuilder } from "./build-kernel.ts";
import { GraphFacts } from "./graph-facts.ts";
import { type Group, type Grouping, mapGroup } from "./group.ts";
import { groupValues } from "./group-values.ts";
import { groupWithView, materialise } from "./materialise.ts";
import type { StateUpdate } from "./state-updates.ts";
import { type ProgramTensors, TensorTable } from "./tensor-table.ts";
import { operationName, PlaceFinder, partName } from "./value-names.ts";
import { waitsForGroup } from "./waits-for-group.ts";

export interface FusionOptions {
  /** May intermediate values be stored in 16 bits? */
  readonly hasF16: boolean;
  /** How many tensors one kernel may read and write. */
  readonly maxTensors: number;
  /** What one binding holds: what is gathered from a larger tensor is gathered by a kernel of its own. */
  readonly maxBytes?: number;
  /**
   * May a contraction do more than its product to save memory traffic: the norm before it, a second
   * product of the same rows? That takes multiplications and registers, which is slower where memory is
   * as fast as arithmetic. Default: yes.
   */
  readonly savesTraffic?: boolean;
}

export interface FusedProgram {
  /** What was asked about the graph, for who asks more. */
  readonly facts: GraphFacts;
  readonly program: KernelProgram;
  readonly interface: ProgramTensors;
}

/**
 * From a graph to kernels: groups values around engines, decides what is stored, and composes everything
 * else into the kernels that read it. A kernel that would need too many tensors is cut and all is done
 * again, so that every decision is made with the cut in view.
 */
export function fuse(
  graph: Graph,
  ops: ReadonlyMap<string, OpDefinition>,
  extent: Extent,
  options: FusionOptions,
): FusedProgram {
  const facts = new GraphFacts(graph, ops, extent);
  const apart = new Set<Value>();
  const stored = new Set(largeGathers(facts, options.maxBytes));
  for (;;) {
    const grouping = groupValues(facts, apart);
    materialise(facts, grouping, stored);
    const assembly = new Assembly(facts, grouping, options.hasF16);
    const crowded = assembly.crowded(options.maxTensors);
    if (crowded === undefined) return assembly.finish(options);
    cut(crowded, facts, apart, stored);
  }
}

/** Values whose positions are read from a tensor, in a parameter that has to be cut. */
function largeGathers(facts: GraphFacts, maxBytes = Number.POSITIVE_INFINITY): readonly Value[] {
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

/** Stores a part of what a crowded kernel inlines, or ends its group before its last value. */
function cut(
  builder: KernelBuilder,
  facts: GraphFacts,
  apart: Set<Value>,
  stored: Set<Value>,
): void {
  const { group } = builder;
  const inlined = builder.computed.filter(
    (value) => !group.members.has(value) && !facts.isStorage(value) && !stored.has(value),
  );
  // The smallest, and of those the one that is made of most.
  const [first] = inlined
    .filter((value) => new Set(value.inputs).size > 1)
    .map((value) => ({ value, count: facts.elementCount(value.type.axes) }))
    .sort((a, b) => a.count - b.count || b.value.id - a.value.id)
    .map(({ value }) => value);
  const last = [...group.members.keys()].at(-1);
  if (first !== undefined) stored.add(first);
  else if (last !== undefined && last !== group.head && !apart.has(last)) apart.add(last);
  else throw new InternalError(`${group.head.op} reads more tensors than a kernel may bind`);
}

class Assembly {
  readonly #facts: GraphFacts;
  readonly #grouping: Grouping;
  readonly #table: TensorTable;
  readonly #builders = new Map<Group, KernelBuilder>();
  readonly #open: (() => void)[] = [];

  constructor(facts: GraphFacts, grouping: Grouping, hasF16: boolean) {
    this.#facts = facts;
    this.#grouping = grouping;
    this.#table = new TensorTable(facts.graph, facts, hasF16);
    facts.graph.outputs.forEach(({ value }, n) => {
      const tensor = this.#table.interface.outputs[n];
      invariant(tensor !== undefined, "an output without a tensor");
      this.#store(this.#groupForOutput(value, tensor), value, tensor);
    });
    for (const state of facts.graph.states) this.#storeState(state);
    for (let next = this.#open.pop(); next !== undefined; next = this.#open.pop()) next();
  }

  /** The first kernel with more tensors than may be bound. */
  crowded(maxTensors: number): KernelBuilder | undefined {
    return [...this.#builders.values()].find(
      (builder) => tensorsOfKernel(this.#kernel(builder)).length > maxTensors,
    );
  }

  finish({ maxTensors, savesTraffic = true }: FusionOptions): FusedProgram {
    const places = new PlaceFinder();
    const kernels = [...this.#builders.values()].map((builder) => this.#describe(builder, places));
    const program = { tensors: this.#table.tensors, kernels: orderKernels(kernels) };
    const rows = mergeRows(shareMaps(program), maxTensors);
    const commuted = commuteNorms(rows, { maxTensors, weighsBefore: !savesTraffic });
    const folded = foldRotations(commuted, { maxTensors, ofContractions: savesTraffic });
    const merged = mergeContractions(folded, { maxTensors, ofManyRows: savesTraffic });
    const laidOut = layOutIntermediates(merged);
    const explained = { ...laidOut, kernels: explainEnds(laidOut) };
    const { program: dropped, interfaces } = dropTensors(explained, [this.#table.interface]);
    return {
      program: dropped,
      interface: interfaces[0] ?? this.#table.interface,
      facts: this.#facts,
    };
  }

  #store(group: Group, value: Value, tensor: number): void {
    this.#open.push(() => this.#builderOf(group).store(value, tensor));
  }

  #storeState(state: GraphState): void {
    const tensor = this.#table.nextOf(state);
    if (tensor === undefined) return;
    const update = this.#facts.updates.get(state.next);
    if (update === undefined) {
      this.#store(this.#groupForOutput(state.next, tensor), state.next, tensor);
      return;
    }
    const group = this.#groupForUpdate(update);
    this.#open.push(() => this.#builderOf(group).storeUpdate(update, tensor));
  }

  /** What makes the values, unless the positions wait for it. */
  #groupForUpdate({ put, values }: StateUpdate): Group {
    const { groupOf } = this.#grouping;
    const own = groupOf.get(values) ?? groupWithView(values, this.#grouping);
    const isOwn =
      own !== undefined && own.engine !== "scatter" && !waitsForGroup(own, put, new Map(), groupOf);
    return isOwn ? own : mapGroup(-1, values, this.#facts, true);
  }

  #groupForOutput(value: Value, tensor: number): Group {
    const isFirst = this.#table.get(value) === tensor;
    const own = this.#grouping.groupOf.get(value) ?? groupWithView(value, this.#grouping);
    if (isFirst && own !== undefined) return own;
    return mapGroup(-1, value, this.#facts, true);
  }

  #builderOf(group: Group): KernelBuilder {
    const known = this.#builders.get(group);
    if (known !== undefined) return known;
    const builder = new KernelBuilder(group, this.#facts, (value) => this.#tensorOf(value));
    this.#builders.set(group, builder);
    return builder;
  }

  #tensorOf(value: Value): number | undefined {
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
