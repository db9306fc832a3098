import type { CellPick } from "../../2-check/experiments/find-cell.ts";
import type { ResolvedCell } from "../../2-check/experiments/resolve-cells.ts";
import type { CellOption } from "../compile-options.ts";
import { sha256 } from "../load/digest.ts";
import { cellName } from "./cell-names.ts";

/**
 * SHA-256 of what a cell resolves to, without its seed: the program, the stage and how long it is run, what is different
 * from both, where the weights come from. Names of cells and layout of texts are no part of it.
 */
export function identifyCell({ program, run, difference, changes }: ResolvedCell): string {
  return sha256(
    JSON.stringify({
      numerics,
      program: sha256(program),
      phase: run.phase ?? null,
      length: run.length ?? null,
      difference: difference.map(({ path, kind, unnamed }) => [path, kind, unnamed]),
      start: changes.start ?? null,
    }),
  );
}

/** Raised when the same program comes to give other bits: cells that were run before are run again. */
const numerics = 1;

/** The cell that an option names, for the compiler. */
export function pickCell({ experiment, identity, name }: CellOption): CellPick {
  return {
    experiment,
    isMeant: (cell) => identifyCell(cell) === identity,
    isLikely: (checked, changes) => cellName(checked, changes) === name,
  };
}
