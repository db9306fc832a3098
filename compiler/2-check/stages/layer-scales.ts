import type { MemberNode, Storage } from "../core/entity.ts";
import { childrenOf, parametersBelow } from "../variants/select-nodes.ts";

/**
 * `layer_decay r`: the factor on the rate of each parameter below the nodes that one selector has found. With L
 * turns of a `repeat`, what its turn i makes has `r ^ (L - i)`, what stands before it `r ^ (L + 1)`, and what
 * stands after it 1. Meant is the outermost `repeat` in each subtree, else the one that the selector itself goes
 * through; a subtree without any has the factor 1.
 */
export function layerScales(
  nodes: readonly MemberNode[],
  root: MemberNode,
  rate: number,
): ReadonlyMap<Storage, number> {
  const scales = new Map<Storage, number>();
  for (const node of nodes) {
    const list = outermostList([node]) ?? listAbove(root, node);
    const layers = list === undefined ? undefined : turnsOf(list);
    for (const storage of parametersBelow([node]))
      scales.set(storage, layers === undefined ? 1 : rate ** layers.below(storage));
  }
  return scales;
}

/** How many layers stand above a parameter, counting what is before them all as a layer of its own. */
function turnsOf(list: MemberNode): { readonly below: (storage: Storage) => number } {
  const turns = new Map<Storage, number>();
  const sorted = [...list.elements].sort(([a], [b]) => a - b);
  for (const [turn, [, element]] of sorted.entries())
    for (const storage of parametersBelow([element])) turns.set(storage, turn);
  const first = Math.min(...[...turns.keys()].map(({ order }) => order));
  const count = sorted.length;
  return {
    below: (storage) => {
      const turn = turns.get(storage);
      if (turn !== undefined) return count - turn;
      return storage.order < first ? count + 1 : 0;
    },
  };
}

/** Breadth first: the list with the least above it, and of those the first. */
function outermostList(nodes: readonly MemberNode[]): MemberNode | undefined {
  if (nodes.length === 0) return undefined;
  const found = nodes.find(({ isList, elements }) => isList && elements.size > 0);
  return found ?? outermostList(nodes.flatMap(childrenOf));
}

/** The outermost list that the node is in, which is none of those in the node. */
function listAbove(root: MemberNode, node: MemberNode): MemberNode | undefined {
  const [first] = parametersBelow([node]);
  let level: readonly MemberNode[] = [root];
  while (first !== undefined && level.length > 0) {
    const found = level.find(({ isList }) => isList);
    if (found !== undefined) return found;
    level = level.flatMap(childrenOf).filter((child) => parametersBelow([child]).includes(first));
  }
  return undefined;
}
