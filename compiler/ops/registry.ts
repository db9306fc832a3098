import * as arithmetic from "./arithmetic.ts";
import { comparisonOps } from "./comparison.ts";
import * as conversion from "./conversion.ts";
import type { OpDefinition } from "./define-op.ts";
import * as functions from "./functions.ts";
import { uniformOp } from "./random.ts";
import * as reduction from "./reduction.ts";
import * as renaming from "./renaming.ts";
import * as selection from "./selection.ts";
import * as sources from "./sources.ts";
import * as storage from "./storage.ts";

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
    ...Object.values(renaming),
  ].map((op) => [op.name, op]),
);
