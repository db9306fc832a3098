import { lowerArgmax } from "../../../compiler/4-optimize/lower-argmax.ts";
import { lowerCumsum } from "../../../compiler/4-optimize/lower-cumsum.ts";
import type { PassContext } from "../../../compiler/4-optimize/pass.ts";
import type { Graph } from "../../../compiler/ir/graph/graph.ts";
import { ops } from "../../../compiler/ops/registry.ts";

type Made = Pick<PassContext, "build" | "extent">;

/** What passes over graphs may use, all in f32. */
export function passContext({ build, extent }: Made): PassContext {
  return { build, ops, extent, precision: { working: "f32" }, rewritten: new Map() };
}

/** The graph without operations that no kernel is made of. */
export function spelledOut(graph: Graph, made: Made): Graph {
  const context = passContext(made);
  return lowerCumsum.run(lowerArgmax.run(graph, context), context);
}
