import type { Packing } from "../../artifact.ts";
import { ExprNumbers } from "../../ir/expr/expr-numbers.ts";
import type { Kernel, KernelTensor, LoopAxis, Reduction } from "../../ir/kernel/kernel.ts";
import { rightsOf } from "../../ir/kernel/loop-axes.ts";

export interface KernelKey {
  /** Equal for kernels that do the same to tensors of the same shapes, storage and packing. */
  readonly text: string;
  /** The kernel's tensors in the order in which it names them: place n stands for place n. */
  readonly tensors: readonly number[];
}

/** What makes two kernels one program text, whatever their tensors and names are. */
export function kernelKey(
  kernel: Kernel,
  tensors: readonly KernelTensor[],
  packingOf: (tensor: number) => Packing | undefined,
): KernelKey {
  const order = new Map<number, number>();
  const placeOf = (tensor: number): number => {
    const known = order.get(tensor) ?? order.size;
    order.set(tensor, known);
    return known;
  };
  const numbers = new ExprNumbers(placeOf);
  const parts = [...engineKey(kernel, numbers)];
  for (const { tensor, at, value, when, perRow } of kernel.stores) {
    const positions = at.map((position) => numbers.numberOf(position)).join(" ");
    const guard = when === undefined ? "" : ` if ${numbers.numberOf(when)}`;
    parts.push(
      `store ${placeOf(tensor)}[${positions}] ${numbers.numberOf(value)}${guard} ${perRow === true}`,
    );
  }
  const used = [...order.keys()];
  const described = used.map((id) => {
    const tensor = tensors[id];
    const packing = packingOf(id);
    const layout = packing === undefined ? "" : Object.values(packing).join("/");
    return `${tensor?.storage}[${tensor?.shape.join(",")}] ${tensor?.role === "parameter"} ${layout}`;
  });
  return { text: [...parts, ...numbers.texts, ...described].join("\n"), tensors: used };
}

function engineKey({ engine }: Kernel, numbers: ExprNumbers): readonly string[] {
  switch (engine.kind) {
    case "map":
      return ["map", loops(engine.grid)];
    case "row": {
      const reductions = reductionKeys(engine.reductions, numbers);
      return ["row", loops(engine.grid), loops(engine.lanes), ...reductions];
    }
    case "contract":
      return [
        "contract",
        ...[engine.batch, engine.rows, engine.columns, engine.inner].map(loops),
        [engine.left, ...rightsOf(engine)].map((operand) => numbers.numberOf(operand)).join(" "),
        ...reductionKeys(engine.statistics ?? [], numbers),
      ];
    case "attend": {
      const { query, key, value, mask } = engine;
      const operands = [query, key, value, ...(mask === undefined ? [] : [mask])];
      return [
        `attend ${engine.scale}`,
        ...[engine.batch, engine.queries, engine.keys, engine.inner, engine.valueAxes].map(loops),
        operands.map((operand) => numbers.numberOf(operand)).join(" "),
      ];
    }
    case "scatter":
      return ["scatter", loops(engine.grid), loops(engine.updates)];
  }
}

function reductionKeys(reductions: readonly Reduction[], numbers: ExprNumbers): readonly string[] {
  return reductions.map(
    ({ combine, type, value }) => `${combine} ${type} ${numbers.numberOf(value)}`,
  );
}

function loops(axes: readonly LoopAxis[]): string {
  return axes.map(({ id, extent }) => `${id}:${extent}`).join(" ");
}
