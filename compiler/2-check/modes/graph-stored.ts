import type { Graph, GraphOutput, GraphStored, Value } from "../../ir/graph/graph.ts";
import { graphResults, isUpdated, reachedFrom } from "../../ir/graph/graph-results.ts";
import { expandTo } from "../../ops/build/build-movement.ts";
import type { Checker } from "../core/checker.ts";
import type { StoredTable } from "../core/contexts.ts";
import type { Storage } from "../core/entity.ts";

/** First values of what is stored. */
export type Starts = Map<Storage, Value>;

/** What is stored and the step reads or stores to, in the order of the declarations. */
export function storedOf(
  checker: Checker,
  outputs: readonly GraphOutput[],
  starts: Starts,
): readonly GraphStored[] | undefined {
  const parameters = [...checker.storedValues].map(([storage, value]): Touched => {
    const next = checker.stateNow.get(storage) ?? value;
    return { storage, value, next, dimensions: storage.dimensions, free: [] };
  });
  const states = [...checker.states].map(([storage, { dimensions, value }]): Touched => {
    const next = checker.stateNow.get(storage) ?? value;
    const free = dimensions.flatMap(({ isFree }, place) => (isFree ? [place] : []));
    const plain = dimensions.map(({ name, axes }) => ({ name, axes }));
    return { storage, value, next, dimensions: plain, free };
  });
  const all = [...parameters, ...states].sort((a, b) => a.storage.order - b.storage.order);
  const reached = reachedFrom(graphResults({ outputs, stored: all }));
  const stored: GraphStored[] = [];
  for (const { storage, ...own } of all) {
    if (!isUpdated(own) && !reached.has(own.value)) continue;
    const start = startOnce(checker, storage, starts);
    if (start === undefined) return undefined;
    const { kind, path, span } = storage;
    // A state starts as the same along its free axes.
    const init = expandTo(checker.build, start, own.value.type.axes, start.origin);
    const lifetime = kind === "state" ? "generation" : "saved";
    stored.push({ kind, path, ...own, lifetime, init, span });
  }
  return stored;
}

/** The parameters and buffers that the graphs read, in the order of the declarations. */
export function storagesOf(
  { storedValues }: Pick<StoredTable, "storedValues">,
  graphs: readonly Graph[],
): readonly Storage[] {
  const values = new Set(graphs.flatMap(({ stored }) => stored.map(({ value }) => value)));
  const found = [...storedValues].flatMap(([storage, value]) =>
    values.has(value) ? [storage] : [],
  );
  return found.sort((a, b) => a.order - b.order);
}

/** What is stored, as the step has touched it. */
type Touched = Pick<GraphStored, "value" | "next" | "dimensions" | "free"> & {
  readonly storage: Storage;
};

/** An initialiser is evaluated once, or its random numbers would be others in each step. */
function startOnce(checker: Checker, storage: Storage, starts: Starts): Value | undefined {
  const known = starts.get(storage);
  if (known !== undefined) return known;
  const start = checker.startOf(checker, storage.init, storage);
  if (start !== undefined) starts.set(storage, start);
  return start;
}
