import type { EngineKind } from "../../../compiler/ir/kernel/engines/engine-registry.ts";
import { attentionOf, masks } from "./sample-attentions.ts";
import { attentionBackOf } from "./sample-attentions-back.ts";
import { richContraction } from "./sample-contractions.ts";
import { attention, contraction, layerNorm, type SampleKernel } from "./sample-kernels.ts";
import { replacedElements, scaledBias, sortedUpdates } from "./sample-maps.ts";

/** Kernels of each engine, which together have everything that an engine of their kind can have. */
export const engineSamples: Readonly<Record<EngineKind, readonly SampleKernel[]>> = {
  map: [scaledBias(7, 12)],
  row: [layerNorm(9, 301)],
  contract: [
    contraction(2, 64, 48),
    contraction(70, 33, 67, { epilogue: true, batch: 2 }),
    richContraction(20, 36, 24),
  ],
  attend: [
    attention(2, 3, 33, 8),
    attentionOf({ queries: 2, keys: 40 }),
    attentionOf({ batch: 2, queries: 40, keys: 36, inner: 4, columns: 3 }, masks.causal),
    attentionOf({ queries: 7, keys: 9, isBiased: true, cap: 1.5, hasLogSum: true }, masks.causal),
  ],
  "attend-back": (["queries", "keys"] as const).flatMap((side) => [
    attentionBackOf(side, { queries: 9, keys: 7 }),
    attentionBackOf(
      side,
      { batch: 2, queries: 5, keys: 40, group: 2, inner: 4, columns: 3, isBiased: true, cap: 1.5 },
      masks.causal,
    ),
  ]),
  scatter: [replacedElements(9, 4), sortedUpdates(5)],
};
