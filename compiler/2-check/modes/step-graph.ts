import type { Axis, Graph, GraphInput, GraphOutput } from "../../ir/graph/graph.ts";
import type { ParamSyntax, ResultSyntax } from "../../ir/syntax/syntax.ts";
import { evaluateType } from "../axes/types.ts";
import { checkLengths } from "../bodies/check-lengths.ts";
import { openSignature } from "../bodies/open-signature.ts";
import { resultTypes, runBody } from "../bodies/result.ts";
import type { Checker } from "../core/checker.ts";
import type { Callable, Env, Instance } from "../core/entity.ts";
import { rootFrame } from "../core/root-frame.ts";
import { dimensionsOf, inputMaker } from "./graph-inputs.ts";
import { type Starts, storedOf } from "./graph-stored.ts";

/** What the steps of a mode have in common. */
export interface SharedBySteps {
  /** Free axes by name. */
  readonly axes: Map<string, Axis>;
  readonly starts: Starts;
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
  const makeInput = inputMaker(checker, outer, inputs);
  const opened = openSignature(checker, outer, callable, makeInput, { shared: shared.axes });
  checkLengths(checker, opened.env, inputs);
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
  const stored = storedOf(checker, outputs, shared.starts);
  return stored && { name, inputs, stored, outputs, freeAxes: opened.freeAxes };
}

/** A single result is called `output`. */
function resultsOf(
  result: ResultSyntax,
): readonly { readonly name: string; readonly type: ParamSyntax["type"] }[] {
  if (result.kind === "one") return [{ name: "output", type: result.type }];
  return result.entries.map((entry) => ({ name: entry.name.text, type: entry.type }));
}
