import { invariant } from "../../diagnostics/internal-error.ts";
import type { Graph, GraphStored, Value } from "../../ir/graph/graph.ts";
import type { GraphBuilder } from "../../ir/graph/graph-builder.ts";
import type { Pass } from "../../ir/pass.ts";
import { convert } from "../../ops/build/build.ts";
import { reachFrom } from "../reach.ts";
import type { BatchCut } from "./batch-cut.ts";
import { type BatchInPieces, lossOf } from "./batch-loss.ts";
import { type BatchStep, withReached } from "./batch-step.ts";
import { gradientSum, kept, slopeState, total } from "./batch-stored.ts";

/** The step between the two passes, and what it leaves for the second. */
export interface Coupled {
  readonly step: BatchStep;
  /** Numbers of the members of the cut at which a gradient stands in the place of the rows. */
  readonly seeded: ReadonlySet<number>;
  /** Paths of what has a gradient already. */
  readonly begun: ReadonlySet<string>;
}

/** Computes the results of the whole batch from the rows of the cut, and the gradients at these. */
export function coupleStep(loss: BatchInPieces, { members, behind }: BatchCut): Coupled {
  const { build, graph, trained, scale, scaleState } = loss;
  const found = behind(lossOf(graph));
  const ways = reachFrom(found);
  const isReached = (value: Value): boolean => ways.has(value) && ways.get(value) === undefined;
  const numbered = [...members.entries()].filter(([, { use }]) => use !== "linear");
  const seeds = numbered.filter(([, { use, row }]) => use === "stored" && isReached(row));
  const rows = numbered.map(([, { row }]) => kept(loss, row, row));
  const slopes = members.flatMap(({ row, slopes }, n) =>
    [...slopes].map(([name, slope]) => kept(loss, slopeState(build, n, name, row), slope)),
  );
  const totals = graph.outputs.map(({ name, value }) =>
    kept(loss, total(build, name, value.origin), behind(value)),
  );
  const updated = graph.stored.flatMap((one) =>
    one.next === one.value ? [] : [{ ...one, next: behind(one.next) }],
  );
  const begun = trained.filter(({ value }) => isReached(value));
  const seedPaths = seeds.map(([, { row }]) => String(row.attrs.path));
  const by = [...seedPaths, ...begun.map(({ path }) => path)];
  const sums = begun.map((parameter) => String(gradientSum(build, parameter).attrs.path));
  const scaled = scaleState === undefined ? [] : [scaleState];
  const stored = [...updated, ...rows, ...slopes, ...totals, ...scaled];
  const outputs = by.length === 0 ? [] : [{ name: "loss", value: found, dimensions: [] }];
  const whole = withReached({ ...graph, outputs, stored }, graph);
  const learning = {
    gradients: { loss: "loss", by, scale },
    update: keepingPass(loss, new Set(seedPaths), begun),
    writes: [...seedPaths, ...sums],
  };
  return {
    step: { name: "couple", per: "batch", graph: whole, ...(by.length > 0 && learning) },
    seeded: new Set(seeds.map(([n]) => n)),
    begun: new Set(begun.map(({ path }) => path)),
  };
}

/** Stores gradients: at rows in the place of these, at parameters as what their sums begin with. */
function keepingPass(
  loss: BatchInPieces,
  seeds: ReadonlySet<string>,
  begun: readonly GraphStored[],
): Pass<Graph, { readonly build: GraphBuilder }> {
  return {
    name: "couple",
    summary: "keep the gradients that the whole batch has at each sample",
    run: (graph, { build }) => {
      const gradients = new Map(graph.outputs.map(({ name, value }) => [name, value]));
      const gradientAt = (path: string): Value => {
        const found = gradients.get(path);
        invariant(found !== undefined, `${path} has no gradient`);
        return convert(build, found, "f32", found.origin);
      };
      const stored = graph.stored.map((one) =>
        seeds.has(one.path) ? { ...one, next: gradientAt(one.path) } : one,
      );
      const sums = begun.map((parameter) => {
        const sum = kept(loss, gradientSum(build, parameter), gradientAt(parameter.path));
        return { ...sum, dimensions: parameter.dimensions };
      });
      return { ...graph, stored: [...stored, ...sums], outputs: [] };
    },
  };
}
