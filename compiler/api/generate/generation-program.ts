import { fault } from "../../../runtime/faults.ts";
import { bucketFor } from "../../../runtime/generate/buckets.ts";
import type { Prompt } from "../../../runtime/generate/generate.ts";
import type { TokenizerSource } from "../../../runtime/text/load-tokenizer.ts";
import type { Artifact, InputSpec } from "../../artifact.ts";
import { assertFits, type GenerationPlan, promptLength } from "./generation-plan.ts";
import type { PromptInputs } from "./generation-settings.ts";
import { readPrompt } from "./read-prompt.ts";

/** What is decided when the program is compiled. */
interface Decoding {
  readonly beams: number;
  readonly minNewTokens: number;
  readonly ends: readonly number[];
}

/** A prompt as the program takes it, with the bucket it was padded to. */
export interface ReadPrompt extends Prompt {
  readonly tokens: number;
  readonly bucket: number;
}

/** A mode compiled for generation: knows its prompts before it is on any device. */
export class GenerationProgram {
  readonly artifact: Artifact;
  readonly plan: GenerationPlan;
  readonly decoding: Decoding;
  readonly tokenizer: TokenizerSource;

  constructor(
    artifact: Artifact,
    plan: GenerationPlan,
    decoding: Decoding,
    tokenizer: TokenizerSource,
  ) {
    this.artifact = artifact;
    this.plan = plan;
    this.decoding = decoding;
    this.tokenizer = tokenizer;
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
  async read(inputs: PromptInputs, onNote?: (note: string) => void): Promise<ReadPrompt> {
    const { plan, tokenizer } = this;
    const value = inputs[plan.prompt.name];
    const [shortest = 1] = this.buckets;
    const tokens = value === undefined ? shortest : promptLength(plan, value, tokenizer, shortest);
    const { step, bucket, specs } = this.stepFor(tokens);
    const shape = { tokens, padded: bucket, beams: this.decoding.beams };
    const tensors = await readPrompt(plan, specs, inputs, shape, { tokenizer, onNote });
    return { step, inputs: tensors, tokens, bucket };
  }
}
