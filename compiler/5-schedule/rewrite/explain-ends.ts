import { nodesOf } from "../../ir/expr/expr-cost.ts";
import type { Wording } from "../../ir/kernel/engines/engine-record.ts";
import { isEngine, recordOf } from "../../ir/kernel/engines/engine-registry.ts";
import type { Kernel, KernelProgram } from "../../ir/kernel/kernel.ts";
import type { KernelTensor } from "../../ir/kernel/kernel-tensor.ts";
import { loadedTensors, type ReadsOf, remembered } from "../../ir/kernel/kernel-tensors.ts";
import { exprsOfKernel, hasUpdates, operandsOf } from "../../ir/kernel/loop-axes.ts";
import type { KernelPass } from "../kernel-program/kernel-pass.ts";

/**
 * Says why each kernel ends where it ends, as the kernels stand after all merging: who reads what it
 * stores, and why that cannot be done element by element. Where no reader says so, what stood in the way
 * when the kernel was grouped remains the reason.
 */
export const explainEnds: KernelPass = {
  name: "explain-ends",
  summary: "say of each kernel why nothing more was fused into it",
  run: (program, { readsOf }) => ({ ...program, kernels: explained(program, readsOf) }),
};

function explained({ tensors, kernels }: KernelProgram, readsOf: ReadsOf): readonly Kernel[] {
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
    // What another step reads of a state is no reason to end here.
    const readersOf = (tensor: number): readonly Kernel[] =>
      (readers.get(tensor) ?? []).filter(({ step }) => step === kernel.step);
    const endsBecause = reasonOf(kernel, tensors, readersOf, placesOf);
    return endsBecause === undefined ? kernel : { ...kernel, endsBecause };
  });
}

function reasonOf(
  kernel: Kernel,
  tensors: readonly KernelTensor[],
  readersOf: (tensor: number) => readonly Kernel[],
  placesOf: (reader: Kernel) => ReadonlySet<number>,
): string | undefined {
  const stored = [...new Set(kernel.stores.map(({ tensor }) => tensor))];
  const allReaders = stored.flatMap(readersOf);
  /** Names of the readers by what each of them does with the elements. */
  const uses = new Map<Wording, Set<string>>();
  for (const tensor of stored) {
    for (const reader of readersOf(tensor)) {
      const use = useOf(reader, tensor, placesOf);
      if (use !== undefined) uses.set(use, (uses.get(use) ?? new Set()).add(reader.name));
    }
  }
  if (uses.size === 0 && allReaders.length > 0) {
    // Readers one element for one: a map or a row could stand in each of them, and would be done in each.
    if (!isEngine(kernel, "map") && !isEngine(kernel, "row")) return undefined;
    uses.set(again, new Set(allReaders.map(({ name }) => name)));
  }
  const reasons = [...uses].map(([{ one, several }, names]) => {
    return `${[...names].sort().join(", ")} ${names.size === 1 ? one : several}`;
  });
  const roles = new Set(stored.map((tensor) => tensors[tensor]?.role));
  if (roles.has("output")) reasons.push("the result is an output");
  if (roles.has("state")) reasons.push("a state keeps the result");
  return reasons.length === 0 ? undefined : reasons.join("; ");
}

const places: Wording = {
  one: "reads at positions that it computes",
  several: "read at positions that it computes",
};
const again: Wording = {
  one: "would compute it again for each use",
  several: "would each compute it again",
};

/** Why the reader cannot follow element by element; `undefined` where it reads one element for one. */
function useOf(
  reader: Kernel,
  tensor: number,
  placesOf: (reader: Kernel) => ReadonlySet<number>,
): Wording | undefined {
  if (placesOf(reader).has(tensor)) return places;
  const operands = operandsOf(reader).map(({ expr }) => expr);
  const isReduced = hasUpdates(reader) || loadedTensors(operands).includes(tensor);
  return isReduced ? recordOf(reader.engine).reads : undefined;
}

/** The tensors from which a kernel reads where to read or write. */
function placesIn(reader: Kernel): ReadonlySet<number> {
  const positions = nodesOf(exprsOfKernel(reader)).flatMap((node) =>
    node.kind === "load" ? node.at : [],
  );
  const targets = reader.stores.flatMap(({ at }) => at);
  return new Set(loadedTensors([...positions, ...targets]));
}
