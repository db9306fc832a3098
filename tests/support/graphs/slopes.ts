import { expect } from "vitest";
import type { Graph, Value } from "../../../compiler/ir/graph/graph.ts";
import type { Extent, ReferenceTensor } from "../../../compiler/ops/define-op.ts";
import { interpretGraph } from "../../../compiler/ops/interpret-graph.ts";
import { generator } from "./random-tensors.ts";

type Feeds = ReadonlyMap<Value, ReferenceTensor>;

/** A loss with its gradients, as outputs under the paths of what they are by. */
interface Differentiated {
  readonly graph: Graph;
  readonly extent: Extent;
}

/** Numbers for inputs and what is stored: small, positive for variances and targets, class numbers for integers, samples in order. */
export function feedsOf({ graph, extent }: Differentiated, seed: number): Feeds {
  const next = generator(seed);
  const stored = graph.stored.map(({ path, value }) => ({ name: path, value }));
  return new Map(
    [...graph.inputs, ...stored].map(({ name, value }) => {
      const count = value.type.axes.reduce((n, axis) => n * extent(axis), 1);
      const number = (_: unknown, n: number): number => {
        if (value.type.element === "u32") return n;
        if (value.type.element === "i32") return Math.floor(3 * next());
        if (name.endsWith("running_var")) return 0.5 + next();
        return name === "target" ? next() : next() - 0.5;
      };
      return [value, { type: value.type, data: Float64Array.from({ length: count }, number) }];
    }),
  );
}

/**
 * Goes a little in a random direction from `feeds`, of all that is differentiated by and begins with one of the
 * prefixes, each prefix on its own: the loss must change as the gradients say. Returns the loss.
 */
export function expectSlopes(
  { graph, extent }: Differentiated,
  feeds: Feeds,
  prefixes: readonly string[],
): number {
  const next = generator(7);
  const outputs = new Map(graph.outputs.map(({ name, value }) => [name, value]));
  const loss = outputs.get("loss");
  if (loss === undefined) throw new Error("there is no loss");
  const found = interpretGraph([...outputs.values()], feeds, extent);
  const lossOf = (results: Feeds): number => results.get(loss)?.data[0] ?? Number.NaN;
  for (const prefix of prefixes) {
    const own = graph.stored.filter(({ path }) => outputs.has(path) && path.startsWith(prefix));
    expect(own.length, prefix).toBeGreaterThan(0);
    let along = 0;
    const ways = own.map(({ path, value }) => {
      const gradient = outputs.get(path);
      const slopes = gradient && found.get(gradient)?.data;
      const way = Array.from(feeds.get(value)?.data ?? [], () => next() - 0.5);
      for (const [n, x] of way.entries()) along += x * (slopes?.[n] ?? Number.NaN);
      return [value, way] as const;
    });
    const lossAt = (step: number): number => {
      const moved = new Map(feeds);
      for (const [value, way] of ways) {
        const from = feeds.get(value)?.data ?? [];
        const data = Float64Array.from(from, (x, n) => x + step * (way[n] ?? 0));
        moved.set(value, { type: value.type, data });
      }
      return lossOf(interpretGraph([loss], moved, extent));
    };
    const slope = (lossAt(reach) - lossAt(-reach)) / (2 * reach);
    const bound = 1e-6 * Math.max(Math.abs(slope), 1e-3);
    expect(Math.abs(along - slope), prefix).toBeLessThan(bound);
  }
  return lossOf(found);
}

const reach = 1e-5;
