import { type Differentiated, differentiate } from "./3-differentiate/differentiate.ts";
import { constantTables } from "./4-optimize/constant-tables.ts";
import { cutProducts } from "./4-optimize/cut-products.ts";
import { decidePrecision, decideUpdate } from "./4-optimize/decide-precision.ts";
import { fillEmpty } from "./4-optimize/fill-empty.ts";
import { findAttention } from "./4-optimize/find-attention.ts";
import { lowerArgmax } from "./4-optimize/lower-argmax.ts";
import { lowerCumsum } from "./4-optimize/lower-cumsum.ts";
import { narrowJoins } from "./4-optimize/narrow-joins.ts";
import type { GraphPass, PassContext } from "./4-optimize/pass.ts";
import type { PrecisionPolicy, WorkingFloat } from "./4-optimize/precision-policy.ts";
import { prune } from "./4-optimize/prune.ts";
import { endGradients, simplify } from "./4-optimize/simplify.ts";
import { sortUpdates } from "./4-optimize/sort-updates.ts";
import { verifyGraph } from "./4-optimize/verify-graph.ts";
import { fitBudget } from "./5-schedule/budget/fit-budget.ts";
import { scheduleProgram } from "./5-schedule/choose/schedule-program.ts";
import { countMacs, type MacCount } from "./5-schedule/fuse/count-macs.ts";
import { fuse } from "./5-schedule/fuse/fuse.ts";
import { GraphFacts } from "./5-schedule/fuse/graph-facts.ts";
import { constantSpecs } from "./5-schedule/kernel-program/constant-specs.ts";
import type { KernelPass, KernelPassContext } from "./5-schedule/kernel-program/kernel-pass.ts";
import { settleKernels } from "./5-schedule/kernel-program/settle-kernels.ts";
import { partsIn, quantizedIn } from "./5-schedule/kernel-program/tensor-parts.ts";
import { chooseInPlace } from "./5-schedule/memory/choose-in-place.ts";
import { type OverBudget, planMemory } from "./5-schedule/memory/plan-memory.ts";
import { verifyPlan } from "./5-schedule/memory/verify-plan.ts";
import { dropEmptyKernels } from "./5-schedule/rewrite/drop-empty.ts";
import { explainEnds } from "./5-schedule/rewrite/explain-ends.ts";
import { foldNorms } from "./5-schedule/rewrite/fold-norms.ts";
import { fuseColumnSums } from "./5-schedule/rewrite/fuse-column-sums.ts";
import { fuseContractionsHorizontally } from "./5-schedule/rewrite/fuse-contractions-horizontally.ts";
import { fuseRotary } from "./5-schedule/rewrite/fuse-rotary.ts";
import { fuseRowsHorizontally } from "./5-schedule/rewrite/fuse-rows-horizontally.ts";
import { joinMaps } from "./5-schedule/rewrite/join-maps.ts";
import { joinPrograms, stepRanges } from "./5-schedule/rewrite/join-programs.ts";
import { kernelPassContext } from "./5-schedule/rewrite/kernel-pass-context.ts";
import { layOutIntermediates } from "./5-schedule/rewrite/lay-out-intermediates.ts";
import { quantizeWeights, refuseUpdatedWeights } from "./5-schedule/rewrite/quantize-weights.ts";
import { shareCommonMaps } from "./5-schedule/rewrite/share-common-maps.ts";
import { splitInner } from "./5-schedule/rewrite/split-inner.ts";
import { storeParts } from "./5-schedule/rewrite/store-parts.ts";
import { updateInPlace } from "./5-schedule/rewrite/update-in-place.ts";
import { splitTensors } from "./5-schedule/split/split-tensors.ts";
import type { Program } from "./artifact.ts";
import { invariant } from "./diagnostics/internal-error.ts";
import { emitProgram } from "./emit-program.ts";
import type { DeviceProfile } from "./ir/device-profile.ts";
import type { Graph, Value } from "./ir/graph/graph.ts";
import type { GraphBuilder } from "./ir/graph/graph-builder.ts";
import { pathsOfUpdated } from "./ir/graph/graph-results.ts";
import { printGraph } from "./ir/graph/print-graph.ts";
import type { KernelProgram } from "./ir/kernel/kernel.ts";
import type { ReadsOf } from "./ir/kernel/kernel-tensors.ts";
import { printKernels } from "./ir/kernel/print-kernel.ts";
import type { StepInterface } from "./ir/kernel/step-interface.ts";
import { type VerifiedKernels, verifyKernels } from "./ir/kernel/verify-kernels.ts";
import { type Pass, runPasses } from "./ir/pass.ts";
import type { Extent } from "./ops/define-op.ts";
import { ops } from "./ops/registry.ts";
import type { ProgramOptions } from "./program-options.ts";

/**
 * From the graph of a mode, or of the loss of a stage, to the graph that is fused, in order. Between the two
 * lists the loss is differentiated: an attention that has been found has a gradient of its own, and what
 * follows may remove what only differentiation looks at.
 */
export const graphPasses: Readonly<Record<"before" | "after", readonly GraphPass[]>> = {
  before: [decidePrecision, fillEmpty, simplify, findAttention, cutProducts],
  after: [endGradients, sortUpdates, lowerArgmax, lowerCumsum, narrowJoins, constantTables, prune],
};

/**
 * From kernels of groups, as fusion builds them, to the kernels that are scheduled, in order. Those of the
 * first list see one step of the mode; the others see all steps as one program, so that these agree about
 * what they share.
 */
export const kernelPasses: Readonly<Record<"step" | "program", readonly KernelPass[]>> = {
  step: [
    shareCommonMaps,
    fuseRowsHorizontally,
    foldNorms,
    fuseRotary,
    fuseContractionsHorizontally,
    joinMaps,
    layOutIntermediates,
    updateInPlace,
    dropEmptyKernels,
  ],
  program: [
    quantizeWeights,
    splitInner,
    splitTensors,
    storeParts,
    fuseColumnSums,
    explainEnds,
    fitBudget,
    chooseInPlace,
  ],
};

/** A graph, and what gives its sizes numbers. */
export interface BoundGraph {
  readonly graph: Graph;
  readonly build: GraphBuilder;
  readonly extent: Extent;
  /** Set for the loss of a stage: its gradients become outputs too. */
  readonly gradients?: Differentiated | undefined;
  /** What is put behind the gradients: new values of what is trained. */
  readonly update?: Pass<Graph, { readonly build: GraphBuilder }> | undefined;
  /** Paths of what it stores to. */
  readonly writes?: readonly string[] | undefined;
  /** Where `real` is not the float of the options everywhere. */
  readonly precision?: PrecisionPolicy | undefined;
}

/** A step of a mode; one step may be asked for with several sizes. */
export interface BoundStep extends BoundGraph {
  readonly name: string;
}

/** What the back half of the compiler goes by: the program's options but those that the front half is done with. */
export interface BuildOptions
  extends Omit<ProgramOptions, "steps" | "layout" | "sampling" | "precision"> {
  readonly precision: WorkingFloat;
  readonly profile: DeviceProfile;
  /**
   * Told the text of each form as it stands: `graph` and the passes by name, for each step until the steps
   * are one program; `optimized` and `kernels` after all passes over them.
   */
  readonly watch?: Watch | undefined;
  /** Called each time that the values of a step are grouped: once, and again where kernels were cut. */
  readonly onGrouping?: (() => void) | undefined;
  /** Told the kernels as schedules are chosen for them. */
  readonly onKernels?: ((program: KernelProgram) => void) | undefined;
}

type Watch = (form: string, text: () => string) => void;

export interface BuiltProgram {
  readonly program: Program;
  readonly steps: readonly BuiltStep[];
  readonly parts: ReturnType<typeof partsIn>;
  readonly quantized: ReturnType<typeof quantizedIn>;
  readonly overBudget: OverBudget | undefined;
}

export interface BuiltStep {
  /** After the passes: what is stored and nothing needs is gone. */
  readonly graph: Graph;
  readonly facts: GraphFacts;
  readonly macs: MacCount;
  /** Tensors of what is stored, of inputs and of outputs of `graph`, in its order. */
  readonly interface: StepInterface;
  /** The dispatches of the step, `to` exclusive. */
  readonly from: number;
  readonly to: number;
}

/**
 * The back half of the compiler: passes, fusion, schedules, WGSL, memory. Steps are fused each on its own,
 * with its own sizes, and become one program, so that they share weights, states and memory.
 */
export function buildProgram(steps: readonly BoundStep[], options: BuildOptions): BuiltProgram {
  const { profile, watch, precision } = options;
  // What a loss is differentiated from stays on the device: results are made again instead.
  const streams = steps.every(({ gradients }) => gradients === undefined);
  const context = { ...kernelPassContext(options), budget: streams ? undefined : options.memory };
  const { readsOf: reads } = context;
  const verified: VerifiedKernels = new Map();
  const graphs = steps.map(({ graph }) => graph);
  const written = steps.flatMap(({ writes = [] }) => writes);
  const updated = [...graphs.flatMap(pathsOfUpdated), ...written];
  if (options.quantize !== undefined) refuseUpdatedWeights(graphs);
  const lowered = steps.map((step) => {
    const own = steps.length > 1 ? watchStep(step, watch) : watch;
    const graph = optimize(step, { precision, watch: own });
    const facts = new GraphFacts(graph, ops, step.extent, updated);
    const told = { watch: own, onGrouping: options.onGrouping };
    return { graph, facts, program: lowerGraph(step.name, facts, context, told, verified) };
  });
  const joined = joinPrograms(
    lowered.map(({ program }) => program),
    verified,
  );
  verifyKernels(joined, "joining the steps", verified, reads);
  const settle = settled(verified, reads, watch);
  const program = runPasses(kernelPasses.program, joined, context, settle, watch !== undefined);
  watch?.("kernels", () => printKernels(program));
  options.onKernels?.(program);
  const scheduled = scheduleProgram(program, profile);
  const bytes = options.memory ?? Number.POSITIVE_INFINITY;
  const plan = planMemory(program, scheduled.packingOf, profile, { bytes, streams, reads });
  verifyPlan(program, plan, reads);
  const { kernels, dispatches } = emitProgram(program, scheduled, profile);
  const { tensors, buffers, summary, streaming } = plan;
  const parts = partsIn(program);
  const constants = constantSpecs(program, parts);
  const ranges = stepRanges(program);
  return {
    program: {
      tensors,
      buffers,
      kernels,
      dispatches,
      constants,
      plan: summary,
      ...(streaming && { streaming }),
    },
    steps: lowered.map(({ graph, facts }, n): BuiltStep => {
      const { from, to } = at(ranges, n);
      const { interface: tensors } = at(program.steps, n);
      return { graph, facts, macs: countMacs(facts), interface: tensors, from, to };
    }),
    parts,
    quantized: quantizedIn(program),
    overBudget: plan.overBudget,
  };
}

/** The kernels of one step: fused, then changed by every pass that sees one step, each verified. */
export function lowerGraph(
  name: string,
  facts: GraphFacts,
  context: KernelPassContext,
  { watch, onGrouping }: Pick<BuildOptions, "watch" | "onGrouping"> = {},
  verified: VerifiedKernels = new Map(),
): KernelProgram {
  const { profile, maxTensors } = context;
  const fused = fuse(name, facts, {
    hasF16: profile.hasF16,
    maxBytes: Math.min(profile.maxStorageBufferBindingSize, profile.maxBufferSize),
    maxTensors,
    onGrouping,
  });
  const settle = settled(verified, context.readsOf, watch);
  const settledFirst = settle(fused, "fuse");
  return runPasses(kernelPasses.step, settledFirst, context, settle, watch !== undefined);
}

/** What a pass leaves is without tensors that nothing makes, proven, and shown. */
function settled(
  verified: VerifiedKernels,
  reads: ReadsOf,
  watch: Watch | undefined,
): (program: KernelProgram, after: string) => KernelProgram {
  return (program, after) => {
    const alive = settleKernels(program, after, verified, reads);
    watch?.(after, () => printKernels(alive));
    return alive;
  };
}

/** A program of kernels that are final and have no constants: for measuring them. */
export function buildKernels(program: KernelProgram, profile: DeviceProfile): Program {
  const scheduled = scheduleProgram(program, profile);
  const { tensors, buffers, summary } = planMemory(program, scheduled.packingOf, profile);
  const emitted = emitProgram(program, scheduled, profile);
  return { tensors, buffers, ...emitted, constants: [], plan: summary };
}

function watchStep({ name }: BoundStep, watch: Watch | undefined): Watch | undefined {
  return watch && ((form, text) => watch(form, () => `step ${name}\n${text()}`));
}

function at<T>(list: readonly T[], place: number): T {
  const found = list[place];
  invariant(found !== undefined, `there is no step ${place}`);
  return found;
}

/** What several graphs are looked at together for. */
interface SharedWork extends Pick<PassContext, "rewritten"> {
  readonly verified: Set<Value>;
}

export function newSharedWork(): SharedWork {
  return { verified: new Set(), rewritten: new Map() };
}

/**
 * Every pass in order, and what they leave verified: a mistake is blamed on the pass that made it. Graphs that
 * share values and sizes may share what was done to these.
 */
export function optimize(
  bound: BoundGraph,
  options: Pick<BuildOptions, "precision" | "watch">,
  { verified, rewritten }: SharedWork = newSharedWork(),
): Graph {
  const context: PassContext = {
    build: bound.build,
    ops,
    extent: bound.extent,
    precision: bound.precision ?? { working: options.precision },
    rewritten,
  };
  verifyGraph(bound.graph, ops, "elaboration", verified);
  options.watch?.("graph", () => printGraph(bound.graph));
  const { before, after } = graphPasses;
  const gradients = bound.gradients === undefined ? [] : [differentiate(bound.gradients)];
  const update = bound.update === undefined ? [] : [bound.update, decideUpdate, simplify];
  const passes = [...before, ...gradients, ...update, ...after];
  const settle = (made: Graph, after: string): Graph => {
    verifyGraph(made, ops, after, verified);
    options.watch?.(after, () => printGraph(made));
    return made;
  };
  const graph = runPasses(passes, bound.graph, context, settle, options.watch !== undefined);
  options.watch?.("optimized", () => printGraph(graph));
  return graph;
}
