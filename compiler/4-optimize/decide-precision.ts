import type { ElementType, Graph, Value } from "../ir/graph/graph.ts";
import { convert } from "../ops/build/build.ts";
import type { GraphPass, PassContext } from "./pass.ts";
import { floatOf, type PrecisionPolicy, type WorkingFloat } from "./precision-policy.ts";
import { residualStreams } from "./residual-streams.ts";
import { rewriteGraph } from "./rewrite-graph.ts";

/**
 * `real` becomes the float in which the policy stores activations and weights. Arithmetic stays f32 in
 * kernels, so this decides what is rounded when it is stored, and which conversions are none. What is computed
 * in one float from what is stored in another converts it first. In training residual streams are f32 whatever
 * the policy, as they are where PyTorch converts automatically.
 */
export const decidePrecision: GraphPass = {
  name: "decide-precision",
  summary: "give `real` the float of the precision policy and drop conversions that change nothing",
  run: (graph, context) => {
    const decided = decideBy(graph, "decide-precision", context, context.precision);
    return context.precision.working === "f32" ? decided : withWideStarts(graph, decided, context);
  },
};

/** The same for what is put behind gradients: what an optimizer computes is f32 whatever the policy. */
export const decideUpdate: GraphPass = {
  name: "decide-update",
  summary: "compute in f32 what updates weights",
  run: (graph, context) => decideBy(graph, "decide-update", context, { working: "f32" }),
};

function decideBy(
  graph: Graph,
  pass: string,
  context: PassContext,
  policy: PrecisionPolicy,
): Graph {
  const { masters, below } = policy;
  const isOneFloat = masters === undefined && below === undefined;
  const streams = masters === undefined ? undefined : residualStreams(graph);
  const ofReal = (value: Value): WorkingFloat =>
    streams?.has(value) === true ? "f32" : floatOf(value, policy);
  const decided = (value: Value): ElementType =>
    value.type.element === "real" ? ofReal(value) : value.type.element;
  return rewriteGraph(graph, pass, context, dropConversion, {
    attrs: (value) =>
      value.attrs.element === "real" ? { ...value.attrs, element: ofReal(value) } : value.attrs,
    type: (value) =>
      value.type.element === "real"
        ? { element: decided(value), axes: value.type.axes }
        : value.type,
    ...(!isOneFloat && { inputs: (value, made) => alike(value, made, decided(value), context) }),
  });
}

/** Operands that were `real` in one float: that of the result, or the widest among them where it is no `real`. */
function alike(
  value: Value,
  inputs: readonly Value[],
  decided: ElementType,
  { build }: PassContext,
): readonly Value[] {
  const isReal = (n: number): boolean => value.inputs[n]?.type.element === "real";
  const own = inputs.filter((_, n) => isReal(n)).map(({ type }) => type.element);
  const wide = own.includes("f32") ? "f32" : own[0];
  const element = value.type.element === "real" ? decided : wide;
  if (element === undefined || own.every((one) => one === element)) return inputs;
  return inputs.map((input, n) => {
    if (!isReal(n) || input.type.element === element) return input;
    // A number of the text is not rounded on its way to a wider float.
    const isNumber = input.op === "constant" || input.op === "size";
    if (!isNumber) return convert(build, input, element, input.origin);
    return build.value(
      input.op,
      [],
      { ...input.attrs, element },
      { element, axes: [] },
      input.origin,
    );
  });
}

/** What is stored in f32 begins as it would if all were f32. */
function withWideStarts(graph: Graph, decided: Graph, context: PassContext): Graph {
  const isWide = (n: number): boolean =>
    graph.stored[n]?.value.type.element === "real" &&
    decided.stored[n]?.value.type.element === "f32";
  if (!graph.stored.some((_, n) => isWide(n))) return decided;
  const starts = graph.stored.map((one) => ({ ...one, value: one.init, next: one.init }));
  const alone = { ...graph, inputs: [], outputs: [], stored: starts };
  const wide = decideBy(alone, "decide-precision of starts", context, { working: "f32" });
  const stored = decided.stored.map((one, n) => {
    const init = wide.stored[n]?.init;
    return init !== undefined && isWide(n) ? { ...one, init } : one;
  });
  return { ...decided, stored };
}

function dropConversion(value: Value): Value {
  const [input] = value.inputs;
  const isIdle = value.op === "convert" && input?.type.element === value.type.element;
  return isIdle && input !== undefined ? input : value;
}
