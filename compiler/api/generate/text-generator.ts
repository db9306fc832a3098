import type { Device } from "../../../runtime/device/device.ts";
import type { Sequence, TokenEvent } from "../../../runtime/generate/generate.ts";
import type { Artifact } from "../../artifact.ts";
import { exitCode, Failure } from "../failure.ts";
import type { PromptInputs } from "./generation-plan.ts";
import type { LoadedGenerator } from "./loaded-generator.ts";
import { defaultTexts } from "./open-generator.ts";
import { tokenizerIfAny } from "./tokenizer-if-any.ts";

/** What may differ from one text to the next. */
export interface TextOptions {
  /** Default 64. */
  readonly maxNewTokens?: number;
  /** The same seed samples the same tokens. Default 0. */
  readonly seed?: number;
  /** Texts that end the generated text, which does not include them. */
  readonly stops?: readonly string[];
}

/** A mode with a prompt and further tokens, ready on a device. */
export class TextGenerator {
  readonly #generator: LoadedGenerator;
  readonly #device: Device;
  readonly #ownsDevice: boolean;

  constructor(generator: LoadedGenerator, device: Device, ownsDevice: boolean) {
    this.#generator = generator;
    this.#device = device;
    this.#ownsDevice = ownsDevice;
  }

  get artifact(): Artifact {
    return this.#generator.artifact;
  }

  /** The adapter's name, and whether the CPU plays its part. */
  get device(): { readonly name: string; readonly isSoftware: boolean } {
    return { name: this.#device.name, isSoftware: this.#device.isSoftware };
  }

  /** Lengths that prompts are padded to; longer ones are a fault. */
  get promptLengths(): readonly number[] {
    return this.#generator.buckets;
  }

  /**
   * Tokens as they come, with the text that each of them completes.
   *
   * @throws {RuntimeFault} where an input does not fit, or a prompt is too long.
   */
  async *stream(inputs: PromptInputs, options: TextOptions = {}): AsyncGenerator<TokenEvent> {
    const generator = this.#generator;
    if (generator.program.decoding.beams > 1)
      throw new Failure(
        exitCode.usage,
        "bad-option",
        "beams have no tokens to stream: `complete` gives the text at its end",
      );
    const { maxNewTokens = 64, seed = 0, stops } = options;
    const prompt = await generator.read({ ...defaultTexts(generator.program.plan), ...inputs });
    const tokenizer = tokenizerIfAny(generator.program.tokenizer);
    yield* generator.generate(prompt, { maxNewTokens, tokenizer, stops }, seed);
  }

  /** The whole text of every sequence of the batch; with beams, the best one. */
  async complete(inputs: PromptInputs, options: TextOptions = {}): Promise<readonly Sequence[]> {
    const generator = this.#generator;
    const { maxNewTokens = 64, seed = 0, stops } = options;
    const prompt = await generator.read({ ...defaultTexts(generator.program.plan), ...inputs });
    const tokenizer = tokenizerIfAny(generator.program.tokenizer);
    if (generator.program.decoding.beams > 1)
      return generator.searchText(prompt, { maxNewTokens, seed });
    const events = generator.generate(prompt, { maxNewTokens, tokenizer, stops }, seed);
    for (;;) {
      const next = await events.next();
      if (next.done === true) return next.value.sequences;
    }
  }

  /** Frees the memory on the device, and closes the device where `loadGenerator` opened it. */
  dispose(): void {
    this.#generator.dispose();
    if (this.#ownsDevice) this.#device.dispose();
  }
}
