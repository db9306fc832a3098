import { parse } from "../../../compiler/1-parse/parse.ts";
import { checkFiles } from "../../../compiler/2-check/check-files.ts";
import { elaborateStage } from "../../../compiler/2-check/stages/elaborate-stage.ts";
import { updatePass } from "../../../compiler/2-check/updates/update-pass.ts";
import { reachFrom } from "../../../compiler/3-differentiate/reach.ts";
import { splitFrozen } from "../../../compiler/3-differentiate/split-frozen.ts";
import { memoryLoader } from "../../../compiler/api/load/memory-loader.ts";
import { frozenStep } from "../../../compiler/artifact.ts";
import type { SizedStep } from "../../../compiler/assemble/interface-specs.ts";
import { type BatchPlan, lossInSamples, planBatch } from "../../../compiler/assemble/plan-batch.ts";
import { sizedGraph, stageSteps } from "../../../compiler/assemble/stage-steps.ts";
import { renderDiagnostics } from "../../../compiler/diagnostics/render.ts";
import { DiagnosticSink } from "../../../compiler/diagnostics/sink.ts";
import type { Graph, Value } from "../../../compiler/ir/graph/graph.ts";
import { graphResults } from "../../../compiler/ir/graph/graph-results.ts";
import type { Extent, ReferenceTensor } from "../../../compiler/ops/define-op.ts";
import { interpretGraph } from "../../../compiler/ops/interpret-graph.ts";
import { optimize } from "../../../compiler/pipeline.ts";

interface BatchRequest {
  readonly stage: string;
  readonly samples: number;
  /** Left out: as the stage says. */
  readonly piece?: number;
  /** With the optimizer of the stage, at this rate for everything. */
  readonly lr?: number;
  /** With what frozen parts make in a step of its own. */
  readonly keepFrozen?: boolean;
}

type Numbers = Readonly<Record<string, readonly number[]>>;

/** A stage of a text in float64, in the steps that its program has: what one stores, others find. */
export class BatchRun {
  readonly batch: BatchPlan;
  /** Step by step, after every pass. */
  readonly steps: readonly { readonly step: SizedStep; readonly graph: Graph }[];
  readonly #samples: number;
  readonly #stored = new Map<string, Float64Array>();

  constructor(text: string, { stage: name, samples, piece, lr, keepFrozen }: BatchRequest) {
    const sink = new DiagnosticSink();
    const loader = memoryLoader("batch.weft", text);
    const { stages } = checkFiles({ entries: ["batch.weft"], loader, parse, sink });
    const stage = stages.find(({ syntax }) => syntax.name.text === name);
    const plan = stage?.plans[0];
    const sizesOf = () => ({ B: samples });
    if (plan === undefined) throw new Error(renderDiagnostics(sink.diagnostics));
    const whole = stage && elaborateStage({ stage, plan, sizesOf, reach: reachFrom });
    if (whole === undefined) throw new Error(renderDiagnostics(sink.diagnostics));
    const axis = whole.graph.freeAxes.find((one) => one.name === "B");
    const split = keepFrozen && axis && splitFrozen(lossInSamples(whole, axis));
    const elaborated = split ? { ...whole, graph: split.rest } : whole;
    const batch = planBatch(elaborated, plan, { piece, purpose: "train" }, sink);
    if (sink.hasErrors) throw new Error(renderDiagnostics(sink.diagnostics));
    const paths = elaborated.groups.flatMap(({ parameters }) => parameters.map((one) => one.path));
    const rates = paths.map((path) => ({ path, lr: lr ?? 0, decay: 0 }));
    const update = lr === undefined ? undefined : updatePass(elaborated.checker, plan, rates);
    this.batch = batch;
    this.#samples = samples;
    const precision = { working: "f32" } as const;
    const steps = stageSteps({ elaborated, name, batch, precision, learning: { update } });
    const frozen = split && { ...sizedGraph(whole, split.frozen, batch.piece), name: frozenStep };
    this.steps = [...(frozen ? [frozen] : []), ...steps].map((step) => ({
      step,
      graph: optimize(step, { precision: "f32" }),
    }));
  }

  get names(): readonly string[] {
    return this.steps.map(({ step }) => step.name);
  }

  /** Runs one batch; inputs have their samples first. Outputs of the last step. */
  run(inputs: Numbers): Numbers {
    const numbered = Array.from({ length: this.#samples }, (_, n) => n);
    let all: Numbers = { sample: numbered, ...inputs };
    let outputs: Numbers = {};
    for (const { step, graph } of this.steps) {
      const count = step.sizes.B ?? this.#samples;
      const made: Record<string, number[]> = {};
      for (let first = 0; first < this.#samples; first += count) {
        outputs = this.#call(graph, step.extent, all, first / this.#samples);
        for (const [name, numbers] of Object.entries(outputs))
          made[name] = [...(made[name] ?? []), ...numbers];
      }
      if (step.name === frozenStep) all = { ...all, ...made };
    }
    return outputs;
  }

  stored(path: string): readonly number[] {
    return [...(this.#stored.get(path) ?? [])];
  }

  #call({ inputs, stored, outputs }: Graph, extent: Extent, given: Numbers, from: number): Numbers {
    const feeds = new Map<Value, ReferenceTensor>();
    const lengthOf = ({ type }: Value) => type.axes.reduce((n, axis) => n * extent(axis), 1);
    for (const { name, value } of inputs) {
      const all = given[name] ?? [];
      const first = Math.round(from * all.length);
      const data = Float64Array.from(all.slice(first, first + lengthOf(value)));
      feeds.set(value, { type: value.type, data });
    }
    for (const { kind, path, value } of stored) {
      const data =
        this.#stored.get(path) ??
        Float64Array.from({ length: lengthOf(value) }, (_, n) =>
          kind === "state" ? 0 : 0.4 * Math.sin(1 + n * 1.3 + 7 * path.length),
        );
      feeds.set(value, { type: value.type, data });
    }
    const results = interpretGraph(graphResults({ outputs, stored }), feeds, extent);
    const dataOf = (value: Value) => (feeds.get(value) ?? results.get(value))?.data ?? [];
    for (const { path, next } of stored) this.#stored.set(path, Float64Array.from(dataOf(next)));
    return Object.fromEntries(outputs.map(({ name, value }) => [name, [...dataOf(value)]]));
  }
}
