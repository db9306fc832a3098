import type { ModelOverride } from "../core/override-table.ts";
import type { Replacement } from "./make-model.ts";

/** What a cell of an experiment changes of a model and of the stage that trains it, behind what these say themselves. */
export interface CellChanges {
  readonly overrides: readonly ModelOverride[];
  readonly replacements: readonly Replacement[];
  /** Learning rates of the lines that train: `lr`, `head.lr`. */
  readonly rates: readonly ModelOverride[];
  /** Data sets in the place of the stage's, with their weights; undefined where the cell names none. */
  readonly data: readonly { readonly name: string; readonly weight: number }[] | undefined;
  /** Where the weights come from, in the place of where the stage starts; undefined where the experiment says nothing. */
  readonly start: string | undefined;
}

export const noChanges: CellChanges = {
  overrides: [],
  replacements: [],
  rates: [],
  data: undefined,
  start: undefined,
};
