import { nodesOf } from "../../ir/expr/expr-cost.ts";
import type { Expr, Kernel, KernelProgram, KernelTensor } from "../../ir/kernel/kernel.ts";
import { loadedTensors, readsOf, remembered } from "../../ir/kernel/kernel-tensors.ts";
import { exprsOfKernel, rightsOf } from "../../ir/kernel/loop-axes.ts";
import type { KernelPass } from "../kernel-program/kernel-pass.ts";

/**
 * Says why each kernel ends where it ends, as the kernels stand after all merging: who reads what it
 * stores, and why that cannot be done element by element. Where no reader says so, what stood in the way
 * when the kernel was grouped remains the reason.
 */
export const explainEnds: KernelPass = {
  name: "explain-ends",
  summary: "say of each kernel why nothing more was fused into it",
  run: (program) => ({ ...program, kernels: explained(program) }),
};

function explained({ tensors, kernels }: KernelProgram): readonly Kernel[] {
  const readers = new Map<number, Kernel[]>();
  for (const kernel of kernels) {
    for (const tensor of readsOf(kernel)) {
      const own = readers.get(tensor);
      if (own === undefined) readers.set(tensor, [kernel]);
      else own.push(kernel);
    }
  }
  const placesOf = remembered(placesIn);
  return kernels.map((kernel) => {
    const endsBecause = reasonOf(kernel, tensors, readers, placesOf);
    return endsBecause === undefined ? kernel : { ...kernel, endsBecause };
  });
}

function reasonOf(
  kernel: Kernel,
  tensors: readonly KernelTensor[],
  readers: ReadonlyMap<number, readonly Kernel[]>,
  placesOf: (reader: Kernel) => ReadonlySet<number>,
): string | undefined {
  const stored = [...new Set(kernel.stores.map(({ tensor }) => tensor))];
  const allReaders = stored.flatMap((tensor) => readers.get(tensor) ?? []);
  /** Names of the readers by what each of them does with the elements. */
  const uses = new Map<Use, Set<string>>();
  for (const tensor of stored) {
    for (const reader of readers.get(tensor) ?? []) {
      const use = useOf(reader, tensor, placesOf);
      if (use !== undefined) uses.set(use, (uses.get(use) ?? new Set()).add(reader.name));
    }
  }
  if (uses.size === 0 && allReaders.length > 0) {
    // Readers one element for one: a map or a row could stand in each of them, and would be done in each.
    if (kernel.engine.kind !== "map" && kernel.engine.kind !== "row") return undefined;
    uses.set("again", new Set(allReaders.map(({ name }) => name)));
  }
  const reasons = [...uses].map(([use, names]) => {
    const [one, several] = words[use];
    return `${[...names].sort().join(", ")} ${names.size === 1 ? one : several}`;
  });
  const roles = new Set(stored.map((tensor) => tensors[tensor]?.role));
  if (roles.has("output")) reasons.push("the result is an output");
  if (roles.has("state")) reasons.push("a state keeps the result");
  return reasons.length === 0 ? undefined : reasons.join("; ");
}

type Use = "products" | "rows" | "attention" | "places" | "scatter" | "again";

/** For one reader, and for several. */
const words: Readonly<Record<Use, readonly [string, string]>> = {
  products: ["sums over products of its elements", "sum over products of its elements"],
  rows: ["reduces rows of its elements", "reduce rows of its elements"],
  attention: ["attends over its elements", "attend over its elements"],
  places: ["reads at positions that it computes", "read at positions that it computes"],
  scatter: [
    "looks for its elements by their positions",
    "look for its elements by their positions",
  ],
  again: ["would compute it again for each use", "would each compute it again"],
};

/** Why the reader cannot follow element by element; `undefined` where it reads one element for one. */
function useOf(
  reader: Kernel,
  tensor: number,
  placesOf: (reader: Kernel) => ReadonlySet<number>,
): Use | undefined {
  const reads = (exprs: readonly Expr[]): boolean => loadedTensors(exprs).includes(tensor);
  if (placesOf(reader).has(tensor)) return "places";
  const { engine } = reader;
  switch (engine.kind) {
    case "contract": {
      const statistics = (engine.statistics ?? []).map(({ value }) => value);
      return reads([engine.left, ...rightsOf(engine), ...statistics]) ? "products" : undefined;
    }
    case "row":
      return reads(engine.reductions.map(({ value }) => value)) ? "rows" : undefined;
    case "attend": {
      const { query, key, value, mask } = engine;
      return reads([query, key, value, ...(mask === undefined ? [] : [mask])])
        ? "attention"
        : undefined;
    }
    case "scatter":
      return "scatter";
    case "map":
      return undefined;
  }
}

/** The tensors from which a kernel reads where to read or write. */
function placesIn(reader: Kernel): ReadonlySet<number> {
  const positions = nodesOf(exprsOfKernel(reader)).flatMap((node) =>
    node.kind === "load" ? node.at : [],
  );
  const targets = reader.stores.flatMap(({ at }) => at);
  return new Set(loadedTensors([...positions, ...targets]));
}
