import type { Device } from "../../../runtime/device/device.ts";
import { fault } from "../../../runtime/faults.ts";
import type { EncodedImage } from "../../../runtime/input-value.ts";
import type { Artifact } from "../../artifact.ts";
import type { AnswerNote, Dialogue, TextOptions } from "../library-types.ts";
import { assertOptions } from "../options/option-kinds.ts";
import { textTable } from "../options/option-tables.ts";
import type { ChatSession } from "./chat-session.ts";
import type { LoadedGenerator } from "./loaded-generator.ts";

/** A dialogue with its generator and its device. */
export class DialogueOnDevice implements Dialogue {
  readonly #session: ChatSession;
  readonly #generator: LoadedGenerator;
  readonly #device: Device;
  readonly #ownsDevice: boolean;

  constructor(
    session: ChatSession,
    generator: LoadedGenerator,
    device: Device,
    ownsDevice: boolean,
  ) {
    this.#session = session;
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

  begin(image?: string | EncodedImage): Promise<void> {
    return this.#session.begin(image);
  }

  async *stream(question: string, options: TextOptions = {}): AsyncGenerator<string, AnswerNote> {
    assertOptions("stream", options, textTable);
    if (this.#beams > 1) throw fault("beams-not-streamed", {});
    const { maxNewTokens = 64, seed = 0, stops = [] } = options;
    return yield* this.#session.answer(question, { maxNewTokens, seed, stops });
  }

  async ask(question: string, options: TextOptions = {}): Promise<string> {
    if (this.#beams > 1) {
      assertOptions("ask", options, textTable);
      const { maxNewTokens = 64, seed = 0 } = options;
      return (await this.#session.search(question, { maxNewTokens, seed })).text.trim();
    }
    let answer = "";
    for await (const piece of this.stream(question, options)) answer += piece;
    return answer.trim();
  }

  get #beams(): number {
    return this.#generator.program.decoding.beams;
  }

  dispose(): void {
    this.#generator.dispose();
    if (this.#ownsDevice) this.#device.dispose();
  }
}
