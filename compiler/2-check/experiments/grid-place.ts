import type { LoadedFile } from "../core/entity.ts";
import type { PlanPlace } from "../stages/stage-values.ts";

/** Where an experiment reads its values: the model as it is declared, and the file of the experiment. */
export interface GridPlace extends PlanPlace {
  readonly file: LoadedFile;
}
