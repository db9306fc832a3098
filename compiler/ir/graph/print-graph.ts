import type { Attr, Axis, Graph, TensorType, Value } from "./graph.ts";
import { graphResults, isUpdated, reachedFrom } from "./graph-results.ts";

/** A graph as text, one value per line in order, stable from run to run: what `--emit graph` shows. */
export function printGraph(graph: Graph): string {
  const values = valuesOf(graph);
  const numbers = new Map(values.map((value, n) => [value, n]));
  const nameOf = (value: Value): string => `%${numbers.get(value)}`;
  const lines = values.map((value) => {
    const inputs = value.inputs.map(nameOf);
    const attrs = Object.entries(value.attrs).map(([name, attr]) => `${name}: ${printAttr(attr)}`);
    const path = pathOf(value);
    const text = `  ${nameOf(value)} = ${value.op}(${[...inputs, ...attrs].join(", ")}): ${printType(value.type)}`;
    return path === "" ? text : `${text}  // ${path}`;
  });
  const outputs = graph.outputs.map(({ name, value }) => `  ${name} = ${nameOf(value)}`);
  const stores = graph.stored
    .filter(isUpdated)
    .map(({ path, next }) => `  ${path} := ${nameOf(next)}`);
  return [`graph ${graph.name}`, ...lines, "outputs", ...outputs, ...stores, ""].join("\n");
}

function printType({ element, axes }: TensorType): string {
  return `${element}[${axes.map((axis) => axis.name).join(", ")}]`;
}

function printAttr(attr: Attr): string {
  if (typeof attr !== "object") return String(attr);
  if (isList(attr)) return `[${attr.map(printAttr).join(", ")}]`;
  return isAxis(attr) ? attr.name : attr.key;
}

function isList(attr: Attr): attr is readonly Attr[] {
  return Array.isArray(attr);
}

function isAxis(attr: object): attr is Axis {
  return "segments" in attr;
}

function pathOf(value: Value): string {
  const { origin } = value;
  return origin.kind === "source" ? origin.path : `${pathOf(origin.from)} by ${origin.by}`;
}

function valuesOf(graph: Graph): readonly Value[] {
  return [...reachedFrom(graphResults(graph))].sort((a, b) => a.id - b.id);
}
