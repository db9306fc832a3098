import type { Graph } from "../../../compiler/ir/graph/graph.ts";
import { optimize as runPasses } from "../../../compiler/pipeline.ts";
import type { Sketch } from "./sketch.ts";

/** Runs every pass of the pipeline, verifying after each. */
export function optimize(graph: Graph, sketch: Sketch, precision: "f32" | "f16" = "f32"): Graph {
  const { build, extent } = sketch;
  return runPasses({ graph, build, extent }, { precision });
}
