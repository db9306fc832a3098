import type { OpDefinition } from "./define-op.ts";
import * as arithmetic from "./families/arithmetic.ts";
import { attendOp } from "./families/attention/attending.ts";
import { attendBackOps } from "./families/attention/attending-back.ts";
import { bitOps } from "./families/bits.ts";
import { putCombinedOp, putSortedOp } from "./families/combining.ts";
import { comparisonOps } from "./families/comparison.ts";
import * as conversion from "./families/conversion.ts";
import {
  absOp,
  classificationOps,
  exponentialOps,
  negOp,
  roundingOps,
} from "./families/functions.ts";
import * as joining from "./families/joining.ts";
import * as picking from "./families/picking.ts";
import { putOp } from "./families/putting.ts";
import { sampleUniformOp, uniformOp } from "./families/random.ts";
import * as ranking from "./families/ranking.ts";
import * as reduction from "./families/reduction.ts";
import * as renaming from "./families/renaming.ts";
import * as reshaping from "./families/reshaping.ts";
import { cumsumOp } from "./families/scanning.ts";
import * as selection from "./families/selection.ts";
import { slabOp, slabPartOp } from "./families/slabs.ts";
import * as sources from "./families/sources.ts";
import * as storage from "./families/storage.ts";
import { trigonometryOps } from "./families/trigonometry.ts";
import { windowOp } from "./families/windowing.ts";

/** Every primitive operation by its name. */
export const ops: ReadonlyMap<string, OpDefinition> = new Map(
  [
    ...opsOf(storage),
    ...opsOf(sources),
    uniformOp,
    sampleUniformOp,
    ...opsOf(arithmetic),
    negOp,
    absOp,
    ...[...exponentialOps, ...roundingOps, ...trigonometryOps].map(({ op }) => op),
    ...comparisonOps,
    ...[...classificationOps, ...bitOps].map(({ op }) => op),
    ...opsOf(selection),
    ...opsOf(conversion),
    ...opsOf(reduction),
    ...opsOf(ranking),
    cumsumOp,
    ...opsOf(renaming),
    ...opsOf(reshaping),
    ...opsOf(joining),
    slabOp,
    slabPartOp,
    ...opsOf(picking),
    windowOp,
    putOp,
    putCombinedOp,
    putSortedOp,
    attendOp,
    ...Object.values(attendBackOps),
  ].map((op) => [op.name, op]),
);

/** A module lists what it exports by name; a bundle of it does in the order of its text. */
function opsOf(family: Readonly<Record<string, OpDefinition>>): readonly OpDefinition[] {
  return Object.values(family).toSorted((one, other) => (one.name < other.name ? -1 : 1));
}
