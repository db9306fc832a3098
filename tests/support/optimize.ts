import { verifyGraph } from "../../compiler/4-optimize/verify-graph.ts";
import type { Graph } from "../../compiler/ir/graph.ts";
import { ops } from "../../compiler/ops/registry.ts";
import { passes } from "../../compiler/pipeline.ts";
import type { Sketch } from "./sketch.ts";

/** Runs every pass of the pipeline, verifying after each. */
export function optimize(graph: Graph, sketch: Sketch, precision: "f32" | "f16" = "f32"): Graph {
  const context = { build: sketch.build, ops, extent: sketch.extent, precision };
  return passes.reduce((before, pass) => {
    const after = pass.run(before, context);
    verifyGraph(after, ops, pass.name);
    return after;
  }, graph);
}
