import type { EmbeddedCounts } from "./embeddings/embed.ts";
import type { EvaluatedModel } from "./evaluated-model.ts";
import type { SharedPrograms } from "./shared-programs.ts";

/** What is evaluated, on which data. */
export interface EvaluationRequest {
  readonly model: EvaluatedModel;
  /** Those of the model that are open, for all tasks of a command. */
  readonly programs: SharedPrograms;
  /** The mode that answers or embeds images, where it is not the usual one of the task. */
  readonly mode?: string | undefined;
  readonly data: string;
  /** Of data that are nobody's in particular. */
  readonly split?: string | undefined;
  /** The first so many images of the set. */
  readonly limit?: number | undefined;
  /** A file of prompts in the form of LLaVA's scripts, in the place of the protocol's. */
  readonly prompts?: string | undefined;
  /** In the place of the protocol's. */
  readonly beams?: number | undefined;
  readonly maxNewTokens?: number | undefined;
  readonly allowMissing: boolean;
  /** Where predictions are kept as they come; a run there goes on. */
  readonly folder?: string | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** What throughput asks besides. */
export interface TimingRequest {
  /** Of the model, by name. */
  readonly modes: readonly string[];
  /** Images or texts of a run. */
  readonly batch: number;
  /** Runs that count, and those before them that do not. */
  readonly runs: number;
  readonly warmUps: number;
  /** Tokens of one run, behind the first. */
  readonly newTokens: number;
  /** Settings in whose turn all is measured: sizes of the image, for instance. */
  readonly at: readonly Readonly<Record<string, number | boolean | string>>[];
}

/** What tasks on embeddings ask besides. */
export interface EmbeddingRequest {
  /** Images, or texts, that are embedded at a time. */
  readonly batch: number;
  /** Of class names, templates and captions. */
  readonly language: string;
  readonly dualSoftmax: boolean;
  /** Frames of a clip that are looked at. */
  readonly frames: number;
  /** Told how many pictures or texts the model had to be run for. */
  readonly onEmbedded?: ((counts: EmbeddedCounts) => void) | undefined;
}
