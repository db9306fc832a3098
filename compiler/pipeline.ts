import { decidePrecision } from "./4-optimize/decide-precision.ts";
import { findAttention } from "./4-optimize/find-attention.ts";
import type { Pass } from "./4-optimize/pass.ts";
import { prune } from "./4-optimize/prune.ts";
import { simplify } from "./4-optimize/simplify.ts";
import { spellPositions } from "./4-optimize/spell-positions.ts";

/** From the graph of a mode to the graph that is fused, in order. */
export const passes: readonly Pass[] = [
  decidePrecision,
  simplify,
  findAttention,
  spellPositions,
  prune,
];
