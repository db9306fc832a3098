import * as arithmetic from "./arithmetic.ts";
import { attendOp } from "./attending.ts";
import { comparisonOps } from "./comparison.ts";
import * as conversion from "./conversion.ts";
import type { OpDefinition } from "./define-op.ts";
import * as functions from "./functions.ts";
import * as joining from "./joining.ts";
import * as picking from "./picking.ts";
import { putOp } from "./putting.ts";
import { uniformOp } from "./random.ts";
import * as ranking from "./ranking.ts";
import * as reduction from "./reduction.ts";
import * as renaming from "./renaming.ts";
import * as reshaping from "./reshaping.ts";
import * as selection from "./selection.ts";
import * as sources from "./sources.ts";
import * as storage from "./storage.ts";
import { windowOp } from "./windowing.ts";

/** Every primitive operation by its name. */
export const ops: ReadonlyMap<string, OpDefinition> = new Map(
  [
    ...Object.values(storage),
    ...Object.values(sources),
    uniformOp,
    ...Object.values(arithmetic),
    ...Object.values(functions),
    ...comparisonOps,
    ...Object.values(selection),
    ...Object.values(conversion),
    ...Object.values(reduction),
    ...Object.values(ranking),
    ...Object.values(renaming),
    ...Object.values(reshaping),
    ...Object.values(joining),
    ...Object.values(picking),
    windowOp,
    putOp,
    attendOp,
  ].map((op) => [op.name, op]),
);
