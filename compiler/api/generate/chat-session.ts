import { type ComposedPrompt, Conversation } from "../../../runtime/generate/conversation.ts";
import type { TokenEvent } from "../../../runtime/generate/sequence.ts";
import { takeInput } from "../../../runtime/given-input.ts";
import type { EncodedImage } from "../../../runtime/input-value.ts";
import { isCounted } from "../../../runtime/row-lengths.ts";
import { elementCount, type Tensor } from "../../../runtime/tensor.ts";
import { encodeText, padRows, textSettings } from "../../../runtime/text/encode-text.ts";
import type { TokenizerSource } from "../../../runtime/text/load-tokenizer.ts";
import type { InputSpec } from "../../artifact.ts";
import { InternalError } from "../../diagnostics/internal-error.ts";
import type { AnswerNote } from "../library-types.ts";
import type { ChatPlan } from "./chat-plan.ts";
import type { ReadPrompt } from "./generation-program.ts";
import type { LoadedGenerator } from "./loaded-generator.ts";

interface ChatSettings {
  readonly maxNewTokens: number;
  readonly stops: readonly string[];
  readonly seed: number;
}

/** A whole answer. */
interface FoundAnswer extends AnswerNote {
  readonly text: string;
}

interface ChatTokenizers {
  /** For the questions that queries read: their language model may have a tokenizer of its own. */
  readonly questionTokenizer: TokenizerSource;
}

/** A dialogue with a model: its history, its image, and one answer at a time. */
export class ChatSession {
  readonly conversation: Conversation;
  readonly #generator: LoadedGenerator;
  readonly #plan: ChatPlan;
  readonly #tokenizers: ChatTokenizers;
  #pixels: Tensor | undefined;

  constructor(generator: LoadedGenerator, plan: ChatPlan, tokenizers: ChatTokenizers) {
    this.#generator = generator;
    this.#plan = plan;
    this.#tokenizers = tokenizers;
    this.conversation = new Conversation(plan.template, generator.program.tokenizer(), plan.places);
  }

  /** Begins anew, with the image of a file or, if it is undefined, with the one that was there. */
  async begin(image?: string | EncodedImage): Promise<void> {
    const spec = this.#plan.image;
    if (image !== undefined && spec !== undefined)
      this.#pixels = await takeInput(spec, image, undefined);
    this.conversation.begin(this.#pixels !== undefined);
  }

  /** The answer as it comes; what it took is returned at the end. */
  async *answer(
    question: string,
    { maxNewTokens, stops, seed }: ChatSettings,
  ): AsyncGenerator<string, AnswerNote> {
    const { conversation } = this;
    const asked = conversation.ask(question);
    let text = "";
    try {
      const prompt = await this.#read(asked);
      const tokenizer = this.#generator.program.tokenizer();
      const events = this.#generator.generate(
        prompt,
        { maxNewTokens, tokenizer, stops: [...stops, ...conversation.ends.texts] },
        seed,
      );
      for (;;) {
        const next: IteratorResult<TokenEvent, unknown> = await events.next();
        if (next.done === true) throw new InternalError("an answer that has no end");
        text += next.value.text;
        yield next.value.text;
        const { ending } = next.value;
        if (ending === undefined) continue;
        const all = await events.next();
        const tokens = all.done === true ? (all.value.sequences[0]?.tokens.length ?? 0) : 0;
        return { ending, tokens, promptTokens: prompt.tokens, bucket: prompt.bucket };
      }
    } finally {
      this.#remember(text);
    }
  }

  /** The best answer of several beams, when all have ended; the program must have been compiled for them. */
  async search(
    question: string,
    settings: Pick<ChatSettings, "maxNewTokens" | "seed">,
  ): Promise<FoundAnswer> {
    const asked = this.conversation.ask(question);
    let text = "";
    try {
      const prompt = await this.#read(asked);
      const [best] = await this.#generator.searchText(prompt, settings);
      if (best === undefined) throw new InternalError("a search without a result");
      text = best.text;
      const { bucket, tokens } = prompt;
      return {
        text,
        ending: best.ending,
        tokens: best.tokens.length,
        promptTokens: tokens,
        bucket,
      };
    } finally {
      this.#remember(text);
    }
  }

  /** What was said until an answer was broken off is part of the dialogue. */
  #remember(text: string): void {
    if (text.trim() === "") this.conversation.forget();
    else this.conversation.answer(text);
  }

  #read({ ids, questions }: ComposedPrompt): Promise<ReadPrompt> {
    const { program } = this.#generator;
    const { beams } = program.decoding;
    // As a person gives it: the program has a row for each beam, and reading repeats what is here.
    const specs = program.stepFor(ids.length).specs.map((spec) => ({
      ...spec,
      shape: spec.shape.map(({ name, size }) => ({
        name,
        size: name === program.plan.batchAxis ? size / beams : size,
      })),
    }));
    return this.#generator.read(this.#inputs(specs, ids, questions));
  }

  #inputs(
    specs: readonly InputSpec[],
    ids: readonly number[],
    questions: readonly string[],
  ): Readonly<Record<string, Tensor>> {
    const { image, question } = this.#plan;
    const inputs: Record<string, Tensor> = {};
    for (const spec of specs) {
      const { name, shape } = spec;
      const sizes = shape.map(({ size }) => size);
      if (name === image?.name) inputs[name] = this.#pixels ?? zeros(sizes);
      else if (name === question?.name) inputs[name] = this.#questions(spec, questions);
      else if (!isCounted(spec)) inputs[name] = promptTensor(ids);
    }
    return inputs;
  }

  /** A row for each turn; rows of padding ask nothing, and what they give has no place in the prompt. */
  #questions(spec: InputSpec, questions: readonly string[]): Tensor {
    const shape = spec.shape.map(({ size }) => size);
    const length = shape.at(-1) ?? 1;
    const settings = { ...textSettings(spec.reader?.args ?? {}), length };
    const tokenizer = questions.length === 0 ? undefined : this.#tokenizers.questionTokenizer();
    const rows = questions.map((one) => (tokenizer ? encodeText(tokenizer, one, settings) : []));
    const count = elementCount(shape.slice(0, -1));
    const padded = Array.from({ length: count }, (_, n) => rows[n] ?? []);
    const lengths = padded.map((row) => row.length);
    return { element: "i32", shape, data: padRows(padded, length), lengths };
  }
}

function promptTensor(ids: readonly number[]): Tensor {
  const shape = [1, ids.length];
  return { element: "i32", shape, data: Int32Array.from(ids), lengths: [ids.length] };
}

function zeros(shape: readonly number[]): Tensor {
  return { element: "f32", shape, data: new Float32Array(elementCount(shape)) };
}
