import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { Span } from "../../source/source-file.ts";
import type { Checker } from "../core/checker.ts";
import type { Entity, Env, Item, LoadedFile } from "../core/entity.ts";
import type { KnownMeasures } from "./known-measures.ts";
import type { MadeModel } from "./make-model.ts";

/** Told the meaning of every name that is inferred, with the elaboration that inferred it. */
export type TypeNote = (
  checker: Checker,
  name: string,
  span: Span,
  entity: Entity,
  env: Env,
) => void;

/** What the check of a stage, an experiment or a `weights` block asks of the program around it. */
export interface Surroundings {
  readonly sink: DiagnosticSink;
  /** Every loaded file, each after those that it imports. */
  readonly files: readonly LoadedFile[];
  /** The model as it is declared; undefined where that cannot be made, which is reported once, at `place`. */
  readonly declared: (item: Item, place: Span) => MadeModel | undefined;
  readonly noteType: TypeNote;
  /** Cells of experiments are resolved behind the check, which then says nothing of their models. */
  readonly resolvesCells?: boolean | undefined;
  /** Evaluations that experiments may name; without them nothing is said of measures. */
  readonly measures?: KnownMeasures | undefined;
}
