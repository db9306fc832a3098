import type { Reader } from "../../ir/graph/graph.ts";
import type { StageSyntax } from "../../ir/syntax/entry-syntax.ts";
import type { BlockSyntax, ParamSyntax } from "../../ir/syntax/syntax.ts";
import type { StaticValue } from "../../ops/surface/surface.ts";
import type { Span } from "../../source/source-file.ts";
import type { WrittenCall } from "../core/checker.ts";
import type { EntityOf, Env, Instance, LoadedFile, Storage } from "../core/entity.ts";
import type { ModelOverride } from "../core/override-table.ts";
import type { MadeModel } from "../variants/make-model.ts";

/**
 * What the check of a stage found out: names resolved, settings evaluated, parts made. Its graphs are made
 * from this record; no text is read a second time but that of the loss, the optimizer and the schedule,
 * which are Weft.
 */
export interface CheckedStage {
  readonly syntax: StageSyntax;
  readonly file: LoadedFile;
  /** The phases in order, or the one run of a stage that has none. Those with an error are not there. */
  readonly plans: readonly CheckedPlan[];
}

/** One run: a phase, with what it has from its stage, or a stage without phases. */
export interface CheckedPlan {
  /** `contrast`, `contrast.low`. */
  readonly name: string;
  readonly span: Span;
  /** The model as the overrides and replacements of the plan make it. */
  readonly model: MadeModel;
  /** What the plan sets in it, and who asks for the plan, in the order in which they go: the last of a path holds. */
  readonly overrides: readonly ModelOverride[];
  /** Names of the plan over those of its model: its axes and lets, `batch`, `steps`, `training`. */
  readonly env: Env;
  readonly inputs: readonly CheckedInput[];
  readonly loss: CheckedLoss;
  readonly optimizer: CheckedOptimizer | undefined;
  /** Undefined: the learning rate stays as it is. */
  readonly schedule: CheckedSchedule | undefined;
  /** The `train` and `freeze` lines, in order. */
  readonly groups: readonly CheckedGroup[];
  readonly adapters: readonly CheckedAdapter[];
  readonly policy: CheckedPolicy;
}

/** One input of a training record. */
export interface CheckedInput {
  readonly name: string;
  readonly syntax: ParamSyntax;
  /** Undefined where none is written, or it is wrong. */
  readonly reader: Reader | undefined;
}

export interface CheckedLoss {
  /** Its value is one f32 number, or a static one. */
  readonly body: BlockSyntax;
  /** The `let`s at the top of the body that are logged. */
  readonly watched: readonly string[];
}

/** A part that fits `Optimizer` of `std/optimizers`. */
export interface CheckedOptimizer {
  readonly instance: Instance;
  /** `update(w, g, step, lr, decay)`, to be called for each slab of parameters. */
  readonly update: EntityOf<"fn">;
  readonly settings: ReadonlyMap<string, StaticValue>;
}

/** A call that gives the factor on the learning rate at a step. */
export interface CheckedSchedule {
  readonly fn: EntityOf<"fn">;
  /** As written. */
  readonly call: WrittenCall;
  /** Which of its parameters the stage supplies. */
  readonly supplied: readonly ("step" | "steps")[];
}

/** A `train` or `freeze` line with what it selects first. */
export type CheckedGroup = {
  readonly selector: string;
  readonly parameters: readonly Storage[];
  /** Whether what `adapt` adds belongs to it. */
  readonly takesAdapters: boolean;
  readonly span: Span;
} & (
  | { readonly kind: "freeze" }
  | {
      readonly kind: "train";
      readonly lr: number | undefined;
      /** Factors on the rate by `layer_decay`; parameters that are not in it have the whole rate. */
      readonly scales: ReadonlyMap<Storage, number>;
    }
);

/** `adapt S with lora(rank: 4, alpha: 8)`. */
export interface CheckedAdapter {
  readonly method: string;
  readonly args: ReadonlyMap<string, StaticValue>;
  /** The `Linear` parts that get one. */
  readonly targets: readonly Instance[];
  /** What stands beside them, in the same order: `Lora` of `std/adapters`. */
  readonly parts: readonly Instance[];
  readonly span: Span;
}

/** Numbers that a step of training makes beside the loss and what is watched. */
export type LoggedNumber = "norm" | "lr" | "skipped" | "loss_scale";

/** What is computed in, how weights that are trained are stored, what sums are collected in. */
export interface PrecisionRoles {
  readonly compute?: "f32" | "f16" | "bf16" | undefined;
  readonly master?: "f32" | undefined;
  readonly accumulate?: "f32" | undefined;
}

/** First weights of a part, or of the whole model where its path is empty. */
export interface StartFile {
  readonly path: string;
  readonly part: string;
}

/** Entries that are values alone; undefined where the plan does not say. */
export interface CheckedPolicy {
  /** Samples of a step, and of one pass over the graph, which are all where nothing else is said. */
  readonly batch: { readonly total: number; readonly piece: number } | undefined;
  /** `phase p until samples 1e9`, `steps 1000` or `epochs 3`. */
  readonly length:
    | { readonly unit: "steps" | "samples" | "epochs"; readonly amount: number }
    | undefined;
  readonly decay: { readonly rate: number; readonly except: readonly Storage[] } | undefined;
  /** Rates of some parameters, which go before `decay`; later lines before earlier ones. */
  readonly decayOf: readonly { readonly rate: number; readonly parameters: readonly Storage[] }[];
  readonly precision: PrecisionRoles;
  /** Roles of some parts and parameters, by path, which go before `precision`; later lines before earlier ones. */
  readonly precisionOf: readonly {
    readonly roles: PrecisionRoles;
    readonly paths: readonly string[];
  }[];
  /** Largest norm of the gradient. */
  readonly clip: number | undefined;
  /** What a step keeps of the mean of the weights over the steps; undefined where none is kept. */
  readonly ema: number | undefined;
  /** Bytes. */
  readonly memory: number | undefined;
  /** Run folders or checkpoints that the weights come from. */
  readonly starts: readonly StartFile[];
  /** Datasets, drawn from by weight. */
  readonly data: readonly { readonly name: string; readonly weight: number }[];
}
