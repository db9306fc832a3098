import { fault } from "../../../runtime/faults.ts";
import { nearestNames } from "../../diagnostics/suggest.ts";
import type { Cell, Study } from "./study.ts";

type Chosen = Pick<Study, "cells" | "seeds">;

/**
 * What `--only` asks for, of a plan and of a study that runs: `CELL` by its name, in which spaces count for nothing, by the
 * first digits of its hash, or by its folder in the study where `folders` knows it by identity. `CELL/SEED` is one seed of it.
 *
 * @throws {RuntimeFault} `study-cell-unknown`.
 */
export function chosenCells(
  { cells, seeds }: Chosen,
  only: string,
  folders: Readonly<Record<string, string>> = {},
): Chosen {
  const whole = cellsCalled(cells, only, folders);
  if (whole.length > 0) return { cells: whole, seeds };
  const [, cell = "", seed] = /^(.*)\/(\d+)$/.exec(only) ?? [];
  const called = seeds.includes(Number(seed)) ? cellsCalled(cells, cell, folders) : [];
  if (called.length > 0) return { cells: called, seeds: [Number(seed)] };
  const known = cells.map(({ name }) => name);
  throw fault("study-cell-unknown", { only, known, nearest: nearestNames(only, known) });
}

/** Those of the name; where none has it, those of the folder, then those of the hash. */
function cellsCalled(
  cells: readonly Cell[],
  wanted: string,
  folders: Readonly<Record<string, string>>,
): readonly Cell[] {
  const plain = (text: string): string => text.replaceAll(" ", "");
  const isHash = /^[0-9a-f]{4,64}$/.test(wanted);
  const ways: readonly ((cell: Cell) => boolean)[] = [
    ({ name }) => plain(name) === plain(wanted),
    ({ identity }) => folders[identity] === wanted,
    ({ identity }) => isHash && identity.startsWith(wanted),
  ];
  return ways.map((isMeant) => cells.filter(isMeant)).find(({ length }) => length > 0) ?? [];
}
