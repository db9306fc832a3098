import type {
  Axis,
  Graph,
  GraphInput,
  GraphOutput,
  GraphStored,
  StoredDimension,
  Value,
} from "../../ir/graph/graph.ts";
import { graphResults, isUpdated, reachedFrom } from "../../ir/graph/graph-results.ts";
import type { ParamSyntax, ResultSyntax } from "../../ir/syntax/syntax.ts";
import { input } from "../../ops/build/build.ts";
import { expandTo } from "../../ops/build/build-movement.ts";
import { evaluateType } from "../axes/types.ts";
import { openSignature } from "../bodies/open-signature.ts";
import { checkReader } from "../bodies/readers.ts";
import { resultTypes, runBody } from "../bodies/result.ts";
import type { Checker } from "../core/checker.ts";
import type { Naming } from "../core/contexts.ts";
import { describeAxes } from "../core/describe.ts";
import type { Callable, Env, Instance, Storage, TypeEntry } from "../core/entity.ts";
import { rootFrame } from "../core/root-frame.ts";

/** What the steps of a mode have in common. */
export interface SharedBySteps {
  /** Free axes by name. */
  readonly axes: Map<string, Axis>;
  /** First values of what is stored. */
  readonly starts: Map<Storage, Value>;
}

interface StepRequest {
  readonly instance: Instance;
  readonly callable: Callable;
  /** What the graph is called. */
  readonly name: string;
  readonly shared: SharedBySteps;
}

/** Evaluates one step of a mode. Undefined after a report. */
export function stepGraph(checker: Checker, request: StepRequest): Graph | undefined {
  const { instance, callable, name, shared } = request;
  checker.stateNow.clear();
  const outer: Env = { scope: instance.scope, frame: rootFrame(instance), isInFor: false };
  const inputs: GraphInput[] = [];
  const makeInput: Parameters<typeof openSignature>[3] = (param, written, type) => {
    const origin = { kind: "source", span: param.span, path: "" } as const;
    const value = input(checker.build, param.name.text, type, origin);
    inputs.push({
      name: param.name.text,
      value,
      dimensions: dimensionsOf(checker, outer, written.entries, type.axes),
      reader: checkReader(checker, outer, param),
      span: param.span,
    });
    return value;
  };
  const opened = openSignature(checker, outer, callable, makeInput, shared.axes);
  const { result } = callable.signature;
  const types = resultTypes(checker, opened.env, result, callable.name, () => {});
  if (types === undefined) return undefined;
  const found = runBody(checker, opened.env, callable, types);
  const items = found.kind === "tuple" ? found.items : [found];
  const outputs: GraphOutput[] = [];
  for (const [n, { name: output, type }] of resultsOf(result).entries()) {
    const item = items[n];
    if (item?.kind !== "tensor") return undefined;
    const written = evaluateType(checker, opened.env, type);
    const entries = written.kind === "tensor" ? written.entries : [];
    outputs.push({
      name: output,
      value: item.value,
      dimensions: dimensionsOf(checker, outer, entries, item.value.type.axes),
    });
  }
  const stored = storedOf(checker, outputs, shared);
  return stored && { name, inputs, stored, outputs, freeAxes: opened.freeAxes };
}

/** A single result is called `output`. */
function resultsOf(
  result: ResultSyntax,
): readonly { readonly name: string; readonly type: ParamSyntax["type"] }[] {
  if (result.kind === "one") return [{ name: "output", type: result.type }];
  return result.entries.map((entry) => ({ name: entry.name.text, type: entry.type }));
}

/** Where a tensor enters or leaves, a product is one dimension. */
function dimensionsOf(
  context: Naming,
  env: Env,
  entries: readonly TypeEntry[],
  axes: readonly Axis[],
): readonly StoredDimension[] {
  const dimensions: StoredDimension[] = [];
  let place = 0;
  for (const entry of entries) {
    const width = entry.kind === "known" ? entry.axes.length : 1;
    const here = axes.slice(place, place + width);
    dimensions.push({
      name:
        entry.kind === "known"
          ? describeAxes(context, env, entry.axes)
          : entry.kind === "open"
            ? entry.name
            : "..",
      axes: here,
    });
    place += width;
  }
  return dimensions;
}

/** What is stored and the step reads or stores to, in the order of the declarations. */
function storedOf(
  checker: Checker,
  outputs: readonly GraphOutput[],
  shared: SharedBySteps,
): readonly GraphStored[] | undefined {
  const parameters = [...checker.storedValues].map(([storage, value]): Touched => {
    return { storage, value, next: value, dimensions: storage.dimensions, free: [] };
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
    const start = startOnce(checker, storage, shared);
    if (start === undefined) return undefined;
    const { kind, path, span } = storage;
    // A state starts as the same along its free axes.
    const init = expandTo(checker.build, start, own.value.type.axes, start.origin);
    const lifetime = kind === "state" ? "generation" : "saved";
    stored.push({ kind, path, ...own, lifetime, init, span });
  }
  return stored;
}

/** What is stored, as the step has touched it. */
type Touched = Pick<GraphStored, "value" | "next" | "dimensions" | "free"> & {
  readonly storage: Storage;
};

/** An initialiser is evaluated once, or its random numbers would be others in each step. */
function startOnce(
  checker: Checker,
  storage: Storage,
  { starts }: SharedBySteps,
): Value | undefined {
  const known = starts.get(storage);
  if (known !== undefined) return known;
  const start = checker.startOf(checker, storage.init, storage);
  if (start !== undefined) starts.set(storage, start);
  return start;
}
