import { axisIndex } from "../ir/expr/expr.ts";
import { costOf } from "../ir/expr/expr-cost.ts";
import type { Graph, Value } from "../ir/graph/graph.ts";
import { graphResults } from "../ir/graph/graph-results.ts";
import { scalarOf } from "../ops/lowering.ts";
import { valuesInOrder } from "../ops/values-in-order.ts";
import type { GraphPass, PassContext } from "./pass.ts";
import { derivedBy } from "./rewrite-graph.ts";

/**
 * Angles of rotary positions, sinusoids and the like depend on positions alone. They become tables that
 * are computed once, in float64 and not by the device, whose `pow` and `cos` are coarse and slow. What
 * depends on a tensor stays: of the position of a decoded token only the frequencies are a table.
 */
export const constantTables: GraphPass = {
  name: "constant-tables",
  summary: "make tables of what depends on positions alone and is expensive",
  run: (graph, context) => new Tabulation(context).run(graph),
};

/** 4 MiB: larger tables would cost more to read and to keep than they save. */
const mostElements = 2 ** 20;

class Tabulation {
  readonly #context: PassContext;
  /** Values made of positions and numbers: whether anything in them is expensive. */
  readonly #positional = new Map<Value, boolean>();
  readonly #done = new Map<Value, Value>();

  constructor(context: PassContext) {
    this.#context = context;
  }

  run(graph: Graph): Graph {
    // Initialisers are evaluated by the runtime as they are.
    for (const value of valuesInOrder(graphResults(graph))) this.#note(value);
    const newOf = (value: Value): Value => this.#done.get(value) ?? value;
    return {
      ...graph,
      stored: graph.stored.map((one) => ({ ...one, next: newOf(one.next) })),
      outputs: graph.outputs.map((output) => ({ ...output, value: newOf(output.value) })),
    };
  }

  #note(value: Value): void {
    const parts = value.inputs.map((input) => this.#positional.get(input));
    const lowering = this.#context.ops.get(value.op)?.lowering;
    const isPositional =
      lowering?.kind === "element" &&
      value.op !== "immediate" &&
      parts.every((part) => part !== undefined);
    if (isPositional) this.#positional.set(value, parts.includes(true) || this.#isDear(value));
    this.#done.set(value, isPositional ? this.#tabulated(value) : this.#rebuilt(value));
  }

  #rebuilt(value: Value): Value {
    const { op, attrs, type, origin } = value;
    const inputs = value.inputs.map((input) => this.#done.get(input) ?? input);
    const isSame = inputs.every((input, n) => input === value.inputs[n]);
    return isSame ? value : this.#context.build.value(op, inputs, attrs, type, origin);
  }

  /** The value as a table, or made of tables where it would be larger than they. */
  #tabulated(value: Value): Value {
    if (this.#positional.get(value) !== true) return value;
    const count = this.#countOf(value);
    const dear = new Set(value.inputs.filter((input) => this.#positional.get(input) === true));
    const below = [...dear].reduce((sum, input) => sum + this.#countOf(input), 0);
    const isWorth = this.#isDear(value) || count <= below;
    if (!isWorth || value.type.axes.length === 0 || count > mostElements || count === 0)
      return this.#rebuilt(value);
    const origin = derivedBy("constant-tables", value);
    return this.#context.build.value("table", [value], {}, value.type, origin);
  }

  #countOf({ type }: Value): number {
    return type.axes.reduce((count, axis) => count * this.#context.extent(axis), 1);
  }

  /** Does one element take an exponential, a sine or the like, beside what its inputs take? */
  #isDear(value: Value): boolean {
    const lowering = this.#context.ops.get(value.op)?.lowering;
    if (lowering?.kind !== "element") return false;
    const { extent } = this.#context;
    const { attrs, type, inputs } = value;
    const element = lowering.element({
      attrs,
      type,
      inputTypes: inputs.map((input) => input.type),
      extent,
      at: (axis) => axisIndex(axis.id, extent(axis)),
      input: (n, at) => {
        const input = inputs[n];
        return {
          kind: "load",
          tensor: -1 - n,
          at: input?.type.axes.map(at) ?? [],
          type: scalarOf(input?.type.element ?? "f32"),
        };
      },
    });
    return costOf(element).transcendentals > 0;
  }
}
