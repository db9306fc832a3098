import { GraphFacts } from "../../../compiler/5-schedule/fuse/graph-facts.ts";
import { initialiserOf } from "../../../compiler/5-schedule/fuse/initialiser.ts";
import { extentOf } from "../../../compiler/ops/extent.ts";
import { ops } from "../../../compiler/ops/registry.ts";
import { initialElements } from "../../../runtime/stored/initial-elements.ts";
import type { modeOf } from "./small-internvl.ts";

/** What each parameter that a mode reaches begins with, by path; computed when it is asked for. */
export function firstValuesOf({
  graph,
  sizes,
}: ReturnType<typeof modeOf>): ReadonlyMap<string, () => Float32Array> {
  const facts = new GraphFacts(graph, ops, extentOf(sizes, new Map()));
  return new Map(
    graph.stored.map((parameter) => [
      parameter.path,
      () => {
        const elements = initialElements(initialiserOf(parameter, facts), 0);
        const numbers = new Float32Array(elements.count);
        elements.read(new Uint8Array(numbers.buffer), 0);
        return numbers;
      },
    ]),
  );
}
