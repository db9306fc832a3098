import { decidePrecision } from "./4-optimize/decide-precision.ts";
import { findAttention } from "./4-optimize/find-attention.ts";
import { narrowJoins } from "./4-optimize/narrow-joins.ts";
import type { Pass, PassContext } from "./4-optimize/pass.ts";
import { prune } from "./4-optimize/prune.ts";
import { simplify } from "./4-optimize/simplify.ts";
import { spellPositions } from "./4-optimize/spell-positions.ts";
import { tabulate } from "./4-optimize/tabulate.ts";
import { verifyGraph } from "./4-optimize/verify-graph.ts";
import { type ScheduledProgram, scheduleProgram } from "./5-schedule/choose/schedule-program.ts";
import { countMacs, type MacCount } from "./5-schedule/fuse/count-macs.ts";
import { fuse } from "./5-schedule/fuse/fuse.ts";
import type { GraphFacts } from "./5-schedule/fuse/graph-facts.ts";
import type { ProgramTensors } from "./5-schedule/fuse/tensor-table.ts";
import { constantSpecs } from "./5-schedule/kernel-program/constant-specs.ts";
import { workOf } from "./5-schedule/kernel-program/kernel-work.ts";
import { placeInOperands } from "./5-schedule/memory/place-in-operands.ts";
import { type OverBudget, planMemory } from "./5-schedule/memory/plan-memory.ts";
import { verifyPlan } from "./5-schedule/memory/verify-plan.ts";
import { type FusedStep, joinPrograms, stepRanges } from "./5-schedule/rewrite/join-programs.ts";
import { landStates } from "./5-schedule/rewrite/land-states.ts";
import { quantizedGroup, quantizeWeights } from "./5-schedule/rewrite/quantize-weights.ts";
import { splitInner } from "./5-schedule/rewrite/split-inner.ts";
import { splitTensors } from "./5-schedule/split/split-tensors.ts";
import { emitKernel } from "./6-emit/wgsl/emit-kernel.ts";
import type { Dispatch, KernelSpec, Program, QuantizedSpec, TensorPart } from "./artifact.ts";
import { invariant } from "./diagnostics/internal-error.ts";
import type { DeviceProfile } from "./ir/device-profile.ts";
import type { Graph, Value } from "./ir/graph/graph.ts";
import type { GraphBuilder } from "./ir/graph/graph-builder.ts";
import { printGraph } from "./ir/graph/print-graph.ts";
import type { Kernel, KernelProgram } from "./ir/kernel/kernel.ts";
import { printKernels } from "./ir/kernel/print-kernel.ts";
import { elementBytes } from "./ir/kernel/tensor-address.ts";
import { verifyKernels } from "./ir/kernel/verify-kernel.ts";
import type { Extent } from "./ops/define-op.ts";
import { ops } from "./ops/registry.ts";
import type { ProgramOptions } from "./program-options.ts";

/** From the graph of a mode to the graph that is fused, in order. */
export const passes: readonly Pass[] = [
  decidePrecision,
  simplify,
  findAttention,
  spellPositions,
  narrowJoins,
  tabulate,
  prune,
];

/** A graph, and what gives its sizes numbers. */
export interface BoundGraph {
  readonly graph: Graph;
  readonly build: GraphBuilder;
  readonly extent: Extent;
}

/** A step of a mode; one step may be asked for with several sizes. */
export interface BoundStep extends BoundGraph {
  readonly name: string;
}

/** What the back half of the compiler goes by: the program's options but those that the front half is done with. */
export interface BuildOptions
  extends Omit<ProgramOptions, "steps" | "layout" | "sampling" | "precision"> {
  readonly precision: "f32" | "f16";
  readonly profile: DeviceProfile;
  /** Told the text of each form as it stands: `graph`, passes by name (both for each step), `kernels`. */
  readonly watch?: ((step: string, text: () => string) => void) | undefined;
  /** Told the kernels as schedules are chosen for them. */
  readonly onKernels?: ((program: KernelProgram) => void) | undefined;
}

export interface BuiltProgram {
  readonly program: Program;
  readonly steps: readonly BuiltStep[];
  /** Tensors that are too large for one binding: what they became, in order. */
  readonly parts: ReadonlyMap<number, readonly TensorPart[]>;
  /** Quantised parameters by their tensors. */
  readonly quantized: ReadonlyMap<number, QuantizedSpec>;
  readonly overBudget: OverBudget | undefined;
}

export interface BuiltStep {
  /** After the passes: parameters that nothing needs are gone. */
  readonly graph: Graph;
  readonly facts: GraphFacts;
  readonly macs: MacCount;
  /** Tensors of the parameters, inputs, outputs and states of `graph`, in its order. */
  readonly interface: ProgramTensors;
  /** The dispatches of the step, `to` exclusive. */
  readonly from: number;
  readonly to: number;
}

/**
 * The back half of the compiler: passes, fusion, schedules, WGSL, memory. Steps are fused each on its own,
 * with its own sizes, and become one program, so that they share weights, states and memory.
 */
export function buildProgram(steps: readonly BoundStep[], options: BuildOptions): BuiltProgram {
  const { profile } = options;
  const fused = steps.map((step) => fuseStep(step, steps.length > 1, options));
  const joined = joinPrograms(fused);
  const { interfaces } = joined;
  const program = quantized(joined.program, options);
  options.watch?.("kernels", () => printKernels(program));
  const placed = placeInOperands(
    splitTensors(splitInner(program, profile), profile),
    interfaces,
    profile,
  );
  options.onKernels?.(placed.program);
  const scheduled = scheduleProgram(placed.program, profile);
  const plan = planMemory(
    placed.program,
    scheduled.packingOf,
    profile,
    placed.lowerBound,
    options.memory,
  );
  verifyPlan(placed.program, plan);
  const { kernels, dispatches } = emitProgram(placed.program, scheduled, profile);
  const { tensors, buffers, summary, streaming } = plan;
  const parts = partsIn(placed.program);
  const constants = constantSpecs(placed.program, parts);
  const ranges = stepRanges(placed.program, steps.length);
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
    steps: fused.map(({ graph, facts }, n): BuiltStep => {
      const { from, to } = at(ranges, n);
      return {
        graph,
        facts,
        macs: countMacs(facts),
        interface: at(placed.interfaces, n),
        from,
        to,
      };
    }),
    parts,
    quantized: quantizedIn(placed.program),
    overBudget: plan.overBudget,
  };
}

/** A program of kernels that are final and have no constants: for measuring them. */
export function buildKernels(program: KernelProgram, profile: DeviceProfile): Program {
  const scheduled = scheduleProgram(program, profile);
  const { tensors, buffers, summary } = planMemory(program, scheduled.packingOf, profile);
  const emitted = emitProgram(program, scheduled, profile);
  return { tensors, buffers, ...emitted, constants: [], plan: summary };
}

function fuseStep(step: BoundStep, isOneOfSeveral: boolean, options: BuildOptions): FusedStep {
  const { profile, precision, watch } = options;
  const told: BuildOptions["watch"] =
    watch && isOneOfSeveral
      ? (pass, text) => watch(pass, () => `step ${step.name}\n${text()}`)
      : watch;
  const graph = optimize(step, { precision, watch: told });
  const fused = fuse(graph, ops, step.extent, {
    hasF16: profile.hasF16,
    savesTraffic: !profile.isSoftware,
    maxBytes: Math.min(profile.maxStorageBufferBindingSize, profile.maxBufferSize),
    maxTensors: fusedTensors(options),
  });
  verifyKernels(fused.program, "fuse");
  return { ...landStates(fused), graph };
}

/** Weights get scales, which are tensors too: fusion leaves room for some of them. */
function fusedTensors({ profile, quantize }: BuildOptions): number {
  const all = profile.maxStorageBuffersPerShaderStage;
  return quantize === undefined ? all : Math.max(Math.min(all, 6), all - 4);
}

function quantized(program: KernelProgram, { profile, quantize }: BuildOptions): KernelProgram {
  if (quantize === undefined) return program;
  const storage = quantize === "int8" ? "i8" : "i4";
  const most = profile.maxStorageBuffersPerShaderStage;
  const smaller = quantizeWeights(program, { storage, group: quantizedGroup }, most);
  verifyKernels(smaller, "quantize-weights");
  return smaller;
}

function at<T>(list: readonly T[], place: number): T {
  const found = list[place];
  invariant(found !== undefined, `there is no step ${place}`);
  return found;
}

function partsIn({ tensors }: KernelProgram): BuiltProgram["parts"] {
  const parts = new Map<number, TensorPart[]>();
  for (const { id, shape, partOf } of tensors) {
    if (partOf === undefined) continue;
    const count = shape.reduce((product, extent) => product * extent, 1);
    const others = parts.get(partOf.tensor) ?? [];
    others.push({ tensor: id, first: partOf.first, count });
    parts.set(
      partOf.tensor,
      others.sort((a, b) => a.first - b.first),
    );
  }
  return parts;
}

function quantizedIn({ tensors }: KernelProgram): BuiltProgram["quantized"] {
  return new Map(
    tensors.flatMap(({ id, scalesOf }) =>
      scalesOf === undefined
        ? []
        : [[scalesOf.tensor, { scales: id, group: scalesOf.group, insteadOf: scalesOf.insteadOf }]],
    ),
  );
}

/**
 * Every pass in order, each verified, so that a mistake is blamed on the pass that made it. Graphs that
 * share values may share what is `verified`.
 */
export function optimize(
  bound: BoundGraph,
  options: Omit<BuildOptions, "profile">,
  verified: Set<Value> = new Set(),
): Graph {
  const context: PassContext = {
    build: bound.build,
    ops,
    extent: bound.extent,
    precision: options.precision,
  };
  verifyGraph(bound.graph, ops, "elaboration", verified);
  options.watch?.("graph", () => printGraph(bound.graph));
  let graph = bound.graph;
  for (const pass of passes) {
    graph = pass.run(graph, context);
    verifyGraph(graph, ops, pass.name, verified);
    const current = graph;
    options.watch?.(pass.name, () => printGraph(current));
  }
  options.watch?.("optimized", () => printGraph(graph));
  return graph;
}

function emitProgram(
  program: KernelProgram,
  scheduled: ScheduledProgram,
  profile: DeviceProfile,
): Pick<Program, "kernels" | "dispatches"> {
  const emitted = scheduled.kernels.map((kernel) =>
    emitKernel(kernel, program.tensors, scheduled.packingOf, profile),
  );
  const kernels = emitted.map((text, n): KernelSpec => {
    const { kernel, schedule } = scheduled.kernels[n] as ScheduledProgram["kernels"][number];
    const { wgsl, entryPoint, bindings, immediates, features } = text;
    const engine = kernel.engine.kind;
    return {
      name: kernel.name,
      engine,
      schedule,
      wgsl,
      entryPoint,
      bindings,
      immediates,
      features,
    };
  });
  const dispatches = program.kernels.map((kernel, n): Dispatch => {
    const use = scheduled.uses[n] as ScheduledProgram["uses"][number];
    const { workgroups } = scheduled.kernels[use.kernel] as ScheduledProgram["kernels"][number];
    const tensors = (emitted[use.kernel]?.tensors ?? []).map(use.tensorFor);
    const shifts = tensors.map((tensor) => use.shiftOf(tensor) * bytesEach(program, tensor));
    return {
      kernel: use.kernel,
      workgroups,
      tensors,
      ...(shifts.some((shift) => shift > 0) && { shifts }),
      label: labelOf(kernel),
      places: [...new Set(kernel.places.map(({ file, line }) => `${file}:${line}`))],
      ...workOf(kernel, program.tensors),
      holds: kernel.holds,
      endsBecause: kernel.endsBecause,
    };
  });
  return { kernels, dispatches };
}

function bytesEach({ tensors }: KernelProgram, tensor: number): number {
  return elementBytes[tensors[tensor]?.storage ?? "f32"];
}

/** The kernel's name and the part that it serves first, or those that its name lists: `attn.{q, k}`. */
function labelOf({ name, places }: Kernel): string {
  const path = places[0]?.path ?? "";
  if (path === "") return name;
  const outer = path.slice(0, path.lastIndexOf(".") + 1);
  const own = name.split("-").slice(1);
  const parts = own.filter((part) => places.some((place) => place.path === outer + part));
  return `${name} of ${parts.length > 1 ? `${outer}{${parts.join(", ")}}` : path}`;
}
