import { boundStage, type StageRequest } from "../../../compiler/compile-stage.ts";
import { renderDiagnostics } from "../../../compiler/diagnostics/render.ts";
import { DiagnosticSink } from "../../../compiler/diagnostics/sink.ts";
import type { SizeTable } from "../../../compiler/dims/size-table.ts";
import type { Graph } from "../../../compiler/ir/graph/graph.ts";
import type { Extent } from "../../../compiler/ops/define-op.ts";
import { optimize } from "../../../compiler/pipeline.ts";
import type { StageSpec } from "../../../compiler/stage-artifact.ts";

interface TrainingSteps {
  /** After every pass over graphs, as `StepRun` runs them. */
  readonly steps: readonly {
    readonly name: string;
    readonly graph: Graph;
    readonly extent: Extent;
  }[];
  readonly sizes: SizeTable;
  readonly spec: StageSpec;
  /** Paths of what is trained. */
  readonly trained: readonly string[];
}

/** The graphs of a phase of a stage: of its gradients, or of its steps with clipping and optimizer. */
export function trainingSteps(request: StageRequest): TrainingSteps {
  const sink = new DiagnosticSink();
  const bound = boundStage(sink, request);
  const made = bound?.graphs.steps.map((step) => {
    const { name, extent } = step;
    return { name, extent, graph: optimize(step, { precision: "f32" }) };
  });
  if (bound === undefined || made === undefined || sink.hasErrors)
    throw new Error(renderDiagnostics(sink.diagnostics));
  const { graphs, spec } = bound;
  const trained = spec.groups.flatMap(({ parameters }) => parameters.map(({ path }) => path));
  return { steps: made, sizes: graphs.sizes, spec, trained };
}
