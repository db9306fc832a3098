import { fault } from "../../runtime/faults.ts";
import { type BeamResult, beamSearch } from "../../runtime/generate/beam-search.ts";
import { bucketFor } from "../../runtime/generate/buckets.ts";
import {
  type Generated,
  type GenerateOptions,
  generate,
  type Prompt,
  type Sequence,
  type TokenEvent,
} from "../../runtime/generate/generate.ts";
import { candidatesOf, TokenModel } from "../../runtime/generate/token-model.ts";
import type { Session } from "../../runtime/session.ts";
import type { TokenizerSource } from "../../runtime/text/load-tokenizer.ts";
import type { Artifact, InputSpec } from "../artifact.ts";
import {
  assertFits,
  type GenerationPlan,
  type PromptInputs,
  promptLength,
} from "./generation-plan.ts";
import { readPrompt } from "./read-prompt.ts";
import { tokenizerIfAny } from "./tokenizer-if-any.ts";

/** What is decided when the program is compiled. */
export interface Decoding {
  readonly beams: number;
  readonly minNewTokens: number;
  readonly ends: readonly number[];
}

export interface SearchOptions {
  readonly maxNewTokens: number;
  readonly lengthPenalty?: number | undefined;
  readonly earlyStopping?: boolean | undefined;
}

/** A prompt as the program takes it, with the bucket it was padded to. */
export interface ReadPrompt extends Prompt {
  readonly tokens: number;
  readonly bucket: number;
}

/** A generating mode, ready on a device. */
export class LoadedGenerator {
  readonly session: Session;
  readonly plan: GenerationPlan;
  readonly decoding: Decoding;
  readonly tokenizer: TokenizerSource;

  constructor(
    session: Session,
    plan: GenerationPlan,
    decoding: Decoding,
    tokenizer: TokenizerSource,
  ) {
    this.session = session;
    this.plan = plan;
    this.decoding = decoding;
    this.tokenizer = tokenizer;
  }

  get artifact(): Artifact {
    return this.session.artifact;
  }

  /** The lengths of prompt that the program was made for. */
  get buckets(): readonly number[] {
    const { first, promptAxis } = this.plan;
    return this.artifact.steps.flatMap(({ name, sizes }) =>
      name === first ? [sizes[promptAxis] ?? 1] : [],
    );
  }

  /** The step for prompts of so many tokens. */
  stepFor(tokens: number): {
    readonly step: number;
    readonly bucket: number;
    readonly specs: readonly InputSpec[];
  } {
    const { plan, buckets, artifact } = this;
    const bucket = bucketFor(tokens, buckets);
    if (bucket === undefined)
      throw fault("prompt-too-long", { tokens, slots: Math.max(...buckets) });
    const step = artifact.steps.findIndex(
      ({ name, sizes }) => name === plan.first && sizes[plan.promptAxis] === bucket,
    );
    const spec = artifact.steps[step];
    if (spec !== undefined) assertFits(plan, spec, tokens);
    return { step, bucket, specs: spec?.inputs ?? [] };
  }

  /** Reads texts, images and tensors, and pads the prompt to the smallest bucket that holds it. */
  async read(inputs: PromptInputs): Promise<ReadPrompt> {
    const { plan, tokenizer } = this;
    const value = inputs[plan.prompt.name];
    const [shortest = 1] = this.buckets;
    const tokens = value === undefined ? shortest : promptLength(plan, value, tokenizer, shortest);
    const { step, bucket, specs } = this.stepFor(tokens);
    const shape = { tokens, padded: bucket, beams: this.decoding.beams };
    const tensors = await readPrompt(plan, specs, inputs, shape, tokenizer);
    return { step, inputs: tensors, tokens, bucket };
  }

  /** Greedy or sampled tokens as they come. */
  generate(
    prompt: Prompt,
    options: Omit<GenerateOptions, "ends">,
    seed = 0,
  ): AsyncGenerator<TokenEvent, Generated> {
    const model = new TokenModel(this.session, seed);
    return generate(model, prompt, { ...options, ends: this.decoding.ends });
  }

  /** The best of several beams, when all have ended. */
  search(prompt: Prompt, options: SearchOptions): Promise<BeamResult> {
    const model = new TokenModel(this.session);
    const { beams, ends, minNewTokens } = this.decoding;
    const search = {
      get hasRoom() {
        return model.hasRoom;
      },
      begin: async () => candidatesOf(await model.begin(prompt.step, prompt.inputs)),
      async next(parents: readonly number[], tokens: readonly number[]) {
        await model.reorder(parents);
        return candidatesOf(await model.next(tokens));
      },
    };
    const all = { ...options, beams, ends, minNewTokens };
    return beamSearch(search, model.steps.rows / beams, all);
  }

  /** The same as texts. */
  async searchText(
    prompt: Prompt,
    options: SearchOptions,
  ): Promise<readonly (Sequence & { readonly score: number })[]> {
    const { best, isContextFull } = await this.search(prompt, options);
    const tokenizer = tokenizerIfAny(this.tokenizer);
    return best.map(({ tokens, score }) => {
      const hasEnded = this.decoding.ends.includes(tokens.at(-1) ?? -1);
      const known = tokenizer && tokens.filter((id) => id < tokenizer.size);
      const ending = hasEnded ? "end-token" : isContextFull ? "context-full" : "max-new-tokens";
      return { tokens, text: (known && tokenizer?.decode(known)) ?? "", ending, score };
    });
  }

  dispose(): void {
    this.session.dispose();
  }
}
