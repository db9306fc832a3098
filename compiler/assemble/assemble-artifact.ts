import type { ElaboratedCheckpoint } from "../2-check/weights/elaborate-checkpoint.ts";
import type { Artifact } from "../artifact.ts";
import { invariant } from "../diagnostics/internal-error.ts";
import type { DiagnosticSink } from "../diagnostics/sink.ts";
import type { SizeTable } from "../dims/size-table.ts";
import { type DeviceProfile, portableProfile } from "../ir/device-profile.ts";
import type { GraphBuilder } from "../ir/graph/graph-builder.ts";
import { extentOf } from "../ops/extent.ts";
import { type BuildOptions, type BuiltProgram, type BuiltStep, buildProgram } from "../pipeline.ts";
import { checkpointSpec } from "./checkpoint-spec.ts";
import { type SizedStep, stepSpec, storedSpecs } from "./interface-specs.ts";
import { reportEmpty } from "./report-empty.ts";
import { type BudgetAt, reportBudget, reportLimits } from "./report-limits.ts";
import { reportSizes } from "./report-sizes.ts";

/** Graphs with a number for every size, and what made them. */
export interface SizedGraphs {
  readonly model: string;
  /** What the program is called: a mode, or a phase of a stage. */
  readonly mode: string;
  readonly steps: readonly SizedStep[];
  readonly build: GraphBuilder;
  readonly sizes: SizeTable;
  /** How a checkpoint fills what the graphs read; undefined for initialisers. */
  readonly reads: ElaboratedCheckpoint | undefined;
}

/** What is chosen of the back half of the compiler; without a profile nothing is cut or refused for its size. */
interface AssemblyOptions extends Omit<BuildOptions, "precision" | "profile"> {
  readonly precision?: BuildOptions["precision"] | undefined;
  readonly profile?: DeviceProfile | undefined;
  /** Whom a budget is about that cannot be kept, and what would take less; without, the largest weights. */
  readonly budgetAt?: BudgetAt | undefined;
}

/** Whether the graphs can be computed at their sizes on any device; what is wrong is reported. */
export function areSizesRight(steps: readonly SizedStep[], sink: DiagnosticSink): boolean {
  for (const { graph, extent } of steps) reportEmpty(graph, extent, sink);
  reportSizes(steps, sink);
  return !sink.hasErrors;
}

/** From graphs whose sizes are right to the artifact; what the device has no room for is reported. */
export function assembleArtifact(
  { model, mode, steps, build, sizes, reads }: SizedGraphs,
  options: AssemblyOptions,
  sink: DiagnosticSink,
): { readonly artifact: Artifact; readonly built: BuiltProgram } {
  const { precision = "f32", profile = anyDevice } = options;
  const built = buildProgram(steps, { ...options, precision, profile });
  reportBudget(built, sink, options.budgetAt);
  if (options.profile !== undefined) reportLimits(built, options.profile, sink);
  const specs = steps.map((step, n) => stepSpec(built.steps[n] as BuiltStep, step));
  const [first] = specs;
  const [{ extent } = { extent: extentOf(sizes, new Map()) }] = steps;
  invariant(first !== undefined, "a program without a step");
  const artifact: Artifact = {
    version: artifactVersion,
    model,
    mode,
    sizes: first.sizes,
    stored: storedSpecs(built, steps),
    inputs: first.inputs,
    outputs: first.outputs,
    steps: specs,
    program: built.program,
    macs: first.macs,
    paperMacs: first.paperMacs,
    checkpoint: reads && checkpointSpec(reads, built, { build, extent }, profile),
  };
  return { artifact, built };
}

const anyDevice: DeviceProfile = {
  ...portableProfile,
  maxStorageBufferBindingSize: Number.MAX_SAFE_INTEGER,
  maxBufferSize: Number.MAX_SAFE_INTEGER,
};

/** Raised whenever the meaning of an artifact changes, so that a runtime can refuse an older one. */
const artifactVersion = 6;
