import { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { Checker } from "../core/checker.ts";
import type { Instance, Item, Storage } from "../core/entity.ts";
import type { ModelOverride } from "../core/override-table.ts";
import { fileEnv } from "../core/root-frame.ts";
import { findModel } from "../load/find-model.ts";
import type { LoadedProgram } from "../load/load-files.ts";
import { describeModel } from "../parts/model-tree.ts";
import { findSubject, moduleOf } from "../variants/find-subject.ts";
import { makeModel } from "../variants/make-model.ts";
import { modelEnv } from "../variants/model-scope.ts";
import type { BegunStorages } from "./checkpoint-read.ts";
import { chooseLayout, type Layout, type LayoutCandidate } from "./choose-layout.ts";
import { type ElaboratedCheckpoint, elaborateCheckpoint } from "./elaborate-checkpoint.ts";
import { overConfig, readConfig } from "./read-config.ts";

/** The header of a checkpoint: what the compiler knows of a file. */
export interface CheckpointFile {
  /** Text of `config.json`; undefined where there is none. */
  readonly config: string | undefined;
  /** What a run set in a model of this name, on top of the configuration. */
  readonly settings?:
    | {
        readonly model: string;
        readonly set: Readonly<Record<string, ModelOverride["value"]>>;
      }
    | undefined;
  /** Shapes by key. */
  readonly tensors: Readonly<Record<string, readonly number[]>>;
}

interface CheckpointRequest {
  readonly model: string;
  /** `--layout NAME`; without it the block that fits is taken. */
  readonly layout: string | undefined;
  readonly checkpoint: CheckpointFile;
  readonly sink: DiagnosticSink;
}

/** A checkpoint with the layout that reads it, before the model has its sizes. */
export interface ChosenCheckpoint {
  readonly file: CheckpointFile;
  /** Undefined where no `weights` block fits better than keys that are paths. */
  readonly layout: Layout | undefined;
  /** What the checkpoint's configuration gives to settings and axes: to be applied before all others. */
  readonly overrides: readonly ModelOverride[];
  readonly item: Item;
  /** How well each block fits, and how many tensors the model stores as it is declared. */
  readonly candidates: readonly LayoutCandidate[];
  readonly stored: number;
}

/** Chooses the `weights` block for a checkpoint and takes sizes and settings from its configuration. */
export function checkpointOf(
  program: LoadedProgram,
  request: CheckpointRequest,
): ChosenCheckpoint | undefined {
  const { sink, checkpoint } = request;
  const item = findModel(program, request.model, sink);
  if (item === undefined) return undefined;
  const silent = new DiagnosticSink();
  const made = makeModel(silent, {
    item,
    file: item.file,
    place: item.syntax.name.span,
    overrides: [],
    replacements: [],
  });
  // A model that cannot be made is reported where it is elaborated.
  if (made === undefined)
    return {
      file: checkpoint,
      layout: undefined,
      overrides: [],
      item,
      candidates: [],
      stored: 0,
    };
  const paths = describeModel(made.checker, made.instance).stored.flatMap(({ path, storage }) =>
    storage === "state" ? [] : [path],
  );
  const layouts = layoutsOf(program, item);
  const { config, tensors } = checkpoint;
  const span = item.syntax.name.span;
  const chosen = chooseLayout({
    layouts,
    wanted: request.layout,
    paths,
    tensors,
    config,
    sink,
    span,
  });
  if (chosen === undefined) return undefined;
  const { layout, candidates } = chosen;
  const configured =
    layout === undefined || config === undefined ? [] : readConfig(layout.block, config, sink);
  const overrides = overConfig(configured, settingsFor(request.model, checkpoint));
  return { file: checkpoint, layout, overrides, item, candidates, stored: paths.length };
}

function settingsFor(model: string, { settings }: CheckpointFile): readonly ModelOverride[] {
  if (settings?.model !== model) return [];
  return Object.entries(settings.set).map(([path, value]) => ({ path, value }));
}

/** What is read for each parameter that a mode reaches, once the model has its sizes. */
export function readsOf(
  mode: {
    readonly checker: Checker;
    readonly instance: Instance;
    readonly stored: readonly Storage[];
  },
  chosen: ChosenCheckpoint,
  begun?: BegunStorages,
): ElaboratedCheckpoint {
  const { checker, instance, stored } = mode;
  const { layout, item } = chosen;
  const all = describeModel(checker, instance).stored.flatMap(({ path, storage }) =>
    storage === "state" ? [] : [path],
  );
  return elaborateCheckpoint(checker, {
    block: layout?.block,
    env: layout === undefined ? fileEnv(item.file) : modelEnv(layout.file, instance),
    stored,
    all,
    tensors: chosen.file.tensors,
    begun,
  });
}

/** The blocks of this model: those of the entry files first, then those beside the model. */
export function layoutsOf(
  program: Pick<LoadedProgram, "entries" | "files">,
  item: Item,
): readonly Layout[] {
  const module = moduleOf(item, []);
  const silent = new DiagnosticSink();
  const files = new Set([...program.entries, ...program.files.toReversed()]);
  return [...files].flatMap((file) =>
    [...file.items.values()].flatMap(({ syntax }): Layout[] => {
      if (syntax.kind !== "weights") return [];
      return findSubject(silent, file, syntax.of)?.module === module
        ? [{ block: syntax, file }]
        : [];
    }),
  );
}
