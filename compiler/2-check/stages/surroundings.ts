import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { Item, LoadedFile } from "../meaning.ts";
import type { MadeModel } from "./make-model.ts";

/** What the check of a stage, an experiment or a `weights` block asks of the program around it. */
export interface Surroundings {
  readonly sink: DiagnosticSink;
  /** Every loaded file, each after those that it imports. */
  readonly files: readonly LoadedFile[];
  /** The model as it is declared; undefined where that cannot be made, which is reported once. */
  readonly declared: (item: Item) => MadeModel | undefined;
}
