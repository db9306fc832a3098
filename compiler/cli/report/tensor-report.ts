import type { Dimension } from "../../artifact.ts";

/** What crosses the border of a mode, as `weft inspect` shows it. */
export interface TensorReport {
  readonly name: string;
  readonly element: string;
  readonly shape: readonly Dimension[];
}
