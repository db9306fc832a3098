import type { Device } from "../../../runtime/device/device.ts";
import { fault } from "../../../runtime/faults.ts";
import type { Sequence, TokenEvent } from "../../../runtime/generate/sequence.ts";
import type { Artifact } from "../../artifact.ts";
import type { TextGenerator, TextOptions } from "../library-types.ts";
import { assertOptions } from "../options/option-kinds.ts";
import { textTable } from "../options/option-tables.ts";
import type { PromptInputs } from "./generation-settings.ts";
import type { LoadedGenerator } from "./loaded-generator.ts";
import { defaultTexts } from "./open-generator.ts";
import { tokenizerIfAny } from "./tokenizer-if-any.ts";

/** A mode with a prompt and further tokens, ready on a device. */
export class GeneratorOnDevice implements TextGenerator {
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

  get device(): { readonly name: string; readonly isSoftware: boolean } {
    return { name: this.#device.name, isSoftware: this.#device.isSoftware };
  }

  get promptLengths(): readonly number[] {
    return this.#generator.buckets;
  }

  async *stream(inputs: PromptInputs, options: TextOptions = {}): AsyncGenerator<TokenEvent> {
    const generator = this.#generator;
    if (generator.program.decoding.beams > 1) throw fault("beams-not-streamed", {});
    const { maxNewTokens, seed, stops, prompt } = await this.#begin("stream", inputs, options);
    const tokenizer = tokenizerIfAny(generator.program.tokenizer);
    yield* generator.generate(prompt, { maxNewTokens, tokenizer, stops }, seed);
  }

  async complete(inputs: PromptInputs, options: TextOptions = {}): Promise<readonly Sequence[]> {
    const generator = this.#generator;
    const { maxNewTokens, seed, stops, prompt } = await this.#begin("complete", inputs, options);
    const tokenizer = tokenizerIfAny(generator.program.tokenizer);
    if (generator.program.decoding.beams > 1)
      return generator.searchText(prompt, { maxNewTokens, seed });
    const events = generator.generate(prompt, { maxNewTokens, tokenizer, stops }, seed);
    for (;;) {
      const next = await events.next();
      if (next.done === true) return next.value.sequences;
    }
  }

  dispose(): void {
    this.#generator.dispose();
    if (this.#ownsDevice) this.#device.dispose();
  }

  async #begin(call: string, inputs: PromptInputs, options: TextOptions) {
    assertOptions(call, options, textTable);
    const { maxNewTokens = 64, seed = 0, stops } = options;
    const { program } = this.#generator;
    const prompt = await program.read({ ...defaultTexts(program.plan), ...inputs });
    return { maxNewTokens, seed, stops, prompt };
  }
}
