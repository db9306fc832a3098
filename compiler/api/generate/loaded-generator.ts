import { type BeamResult, beamSearch } from "../../../runtime/generate/beam-search.ts";
import {
  type Generated,
  type GenerateOptions,
  generate,
  type Prompt,
} from "../../../runtime/generate/generate.ts";
import type { Sequence, TokenEvent } from "../../../runtime/generate/sequence.ts";
import { candidatesOf, TokenModel } from "../../../runtime/generate/token-model.ts";
import type { Session } from "../../../runtime/session.ts";
import type { Artifact } from "../../artifact.ts";
import type { GenerationProgram, ReadPrompt } from "./generation-program.ts";
import type { PromptInputs } from "./generation-settings.ts";
import { tokenizerIfAny } from "./tokenizer-if-any.ts";

interface SearchOptions {
  readonly maxNewTokens: number;
  readonly lengthPenalty?: number | undefined;
  readonly earlyStopping?: boolean | undefined;
  /** For a program that samples. Default 0. */
  readonly seed?: number | undefined;
}

/** A generating mode, ready on a device. */
export class LoadedGenerator {
  readonly program: GenerationProgram;
  readonly session: Session;

  constructor(session: Session, program: GenerationProgram) {
    this.session = session;
    this.program = program;
  }

  get artifact(): Artifact {
    return this.program.artifact;
  }

  get buckets(): readonly number[] {
    return this.program.buckets;
  }

  read(inputs: PromptInputs): Promise<ReadPrompt> {
    return this.program.read(inputs);
  }

  /** Greedy or sampled tokens as they come. */
  generate(
    prompt: Prompt,
    options: Omit<GenerateOptions, "ends">,
    seed = 0,
  ): AsyncGenerator<TokenEvent, Generated> {
    const model = new TokenModel(this.session, seed);
    return generate(model, prompt, { ...options, ends: this.program.decoding.ends });
  }

  /** The best of several beams, when all have ended. */
  search(prompt: Prompt, options: SearchOptions): Promise<BeamResult> {
    const model = new TokenModel(this.session, options.seed);
    const { beams, ends, minNewTokens } = this.program.decoding;
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
    const tokenizer = tokenizerIfAny(this.program.tokenizer);
    return best.map(({ tokens, score }) => {
      const hasEnded = this.program.decoding.ends.includes(tokens.at(-1) ?? -1);
      const known = tokenizer && tokens.filter((id) => id < tokenizer.size);
      const ending = hasEnded ? "end-token" : isContextFull ? "context-full" : "max-new-tokens";
      return { tokens, text: (known && tokenizer?.decode(known)) ?? "", ending, score };
    });
  }

  dispose(): void {
    this.session.dispose();
  }
}
