import type { GraphStored } from "../../../compiler/ir/graph/graph.ts";

type Kinds = Pick<GraphStored, "kind">;

export function statesIn<T extends Kinds>({ stored }: { readonly stored: readonly T[] }): T[] {
  return stored.filter(({ kind }) => kind === "state");
}

/** Parameters and buffers. */
export function weightsIn<T extends Kinds>({ stored }: { readonly stored: readonly T[] }): T[] {
  return stored.filter(({ kind }) => kind !== "state");
}
