import type { Value } from "../ir/graph/graph.ts";
import { constant, convert } from "../ops/build/build.ts";
import { concat, expandTo } from "../ops/build/build-movement.ts";
import { axisOf, isFloat } from "../ops/build/type-rules.ts";
import type { GraphPass, PassContext } from "./pass.ts";
import { derivedBy, isSameType, rewriteGraph } from "./rewrite-graph.ts";

/** A rewrite with a name; `undefined` where it does not apply. */
interface Rule {
  readonly name: string;
  readonly on: readonly string[];
  readonly apply: (value: Value, context: PassContext) => Value | undefined;
}

const rules: readonly Rule[] = [
  {
    name: "neutral numbers",
    on: ["add", "sub", "mul", "div", "pow"],
    apply: (value) => {
      const [a, b] = value.inputs;
      const neutral = value.op === "add" || value.op === "sub" ? 0 : 1;
      if (b !== undefined && numberOf(b) === neutral) return a;
      const isEitherSide = value.op === "add" || value.op === "mul";
      return isEitherSide && a !== undefined && numberOf(a) === neutral ? b : undefined;
    },
  },
  {
    name: "there and back",
    on: ["convert"],
    apply: (value) => {
      const [inner] = value.inputs;
      const [source] = inner?.op === "convert" ? inner.inputs : [];
      if (inner === undefined || source === undefined) return undefined;
      const isWidened = isFloat(source.type.element) && inner.type.element === "f32";
      return isWidened && source.type.element === value.type.element ? source : undefined;
    },
  },
  {
    // Parts that are taken from a tensor give it their gradients one by one, zeros elsewhere.
    name: "parts of a join",
    on: ["add"],
    apply: (value, { build }) => {
      const [a, b] = value.inputs;
      if (a?.op !== "concat" || b?.op !== "concat" || a.attrs.axis !== b.attrs.axis)
        return undefined;
      const parts = a.inputs.map((own, n) => {
        const other = b.inputs[n];
        if (numberOf(own) === 0) return other;
        return other !== undefined && numberOf(other) === 0 ? own : undefined;
      });
      const known = parts.filter((part) => part !== undefined);
      if (known.length < parts.length) return undefined;
      const origin = derivedBy("simplify", value);
      return concat(build, known, axisOf(a.attrs, "axis"), origin);
    },
  },
  {
    name: "known conditions",
    on: ["where"],
    apply: (value, { build }) => {
      const [condition, then, otherwise] = value.inputs;
      const known = condition === undefined ? undefined : numberOf(condition);
      const chosen = known === undefined ? undefined : known !== 0 ? then : otherwise;
      if (chosen === undefined) return undefined;
      const origin = derivedBy("simplify", value);
      const spread = expandTo(build, chosen, value.type.axes, origin);
      return convert(build, spread, value.type.element, origin);
    },
  },
];

/** Removes what computes nothing, and computes what is known. */
export const simplify: GraphPass = {
  name: "simplify",
  summary: "fold constants and remove operations that change nothing",
  run: (graph, context) =>
    rewriteGraph(graph, "simplify", context, (value) => simplified(value, context)),
};

/** The same once nothing is differentiated any more: where gradients stop, too, nothing is computed. */
export const endGradients: GraphPass = {
  name: "end-gradients",
  summary: "remove what only differentiation looks at, and simplify what it has left",
  run: (graph, context) =>
    rewriteGraph(graph, "end-gradients", context, (value) => {
      const [input] = value.inputs;
      return value.op === "stop_gradient" && input !== undefined
        ? input
        : simplified(value, context);
    }),
};

function simplified(value: Value, context: PassContext): Value {
  const folded = foldConstant(value, context);
  if (folded !== undefined) return folded;
  for (const rule of rules) {
    if (!rule.on.includes(value.op)) continue;
    const simpler = rule.apply(value, context);
    if (simpler !== undefined && isSameType(simpler.type, value.type)) return simpler;
  }
  return value;
}

/** A number that is computed from numbers only, by the operation's own reference. */
function foldConstant(value: Value, { build, ops, extent }: PassContext): Value | undefined {
  const op = ops.get(value.op);
  if (value.type.axes.length > 0 || value.op === "constant" || value.op === "immediate")
    return undefined;
  if (op?.lowering.kind !== "element" || !value.inputs.every((input) => input.op === "constant")) {
    return undefined;
  }
  // References do not round to a narrow float; kernels do, of constants too.
  const { element } = value.type;
  if (value.op === "convert" && (element === "f16" || element === "bf16")) return undefined;
  const read = (input: Value) =>
    ops.get("constant")?.reference([], input.attrs, input.type, extent);
  const inputs = value.inputs.map(read).filter((tensor) => tensor !== undefined);
  const [result] = op.reference(inputs, value.attrs, value.type, extent).data;
  if (result === undefined || !Number.isFinite(result)) return undefined;
  return constant(build, result, element, derivedBy("simplify", value));
}

function numberOf(value: Value): number | undefined {
  const { value: number } = value.attrs;
  return value.op === "constant" && typeof number === "number" ? number : undefined;
}
