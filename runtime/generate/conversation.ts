import { composeChat } from "../text/compose-chat.ts";
import type { ChatTemplate, Turn } from "../text/templates/chat-template.ts";
import type { Tokenizer } from "../text/tokenizer.ts";

/** What a model makes of the tokens that stand for an image and for queries. */
export interface ChatPlaces {
  /** Tokens of one image, where the model sees images. */
  readonly image: number | undefined;
  /** Tokens of one block of queries. */
  readonly query: number | undefined;
}

export interface ComposedPrompt {
  readonly ids: readonly number[];
  /** What the queries of each turn are asked; none where no image was shown. */
  readonly questions: readonly string[];
}

/** What was said so far. Every answer is made from all of it: the whole is the prompt. */
export class Conversation {
  readonly template: ChatTemplate;
  readonly #tokenizer: Tokenizer;
  readonly #places: ChatPlaces;
  #turns: readonly Turn[] = [];
  #hasImage = false;

  constructor(template: ChatTemplate, tokenizer: Tokenizer, places: ChatPlaces) {
    this.template = template;
    this.#tokenizer = tokenizer.withTokens(template.added);
    this.#places = places;
  }

  get turns(): readonly Turn[] {
    return this.#turns;
  }

  /** Begins anew, with an image or without. */
  begin(hasImage: boolean): void {
    this.#turns = [];
    this.#hasImage = hasImage;
  }

  /** The prompt for an answer to one more question. */
  ask(question: string): ComposedPrompt {
    const isFirst = this.#turns.length === 0;
    const turn: Turn = { role: "user", text: question, images: isFirst && this.#hasImage ? 1 : 0 };
    const { image, query } = this.#places;
    const options = { ...(image && { image }), ...(query && { query }) };
    const turns = [...this.#turns, turn];
    const { ids, questions } = composeChat(this.template, this.#tokenizer, turns, options);
    this.#turns = turns;
    return { ids, questions: this.#hasImage ? questions : [] };
  }

  answer(text: string): void {
    this.#turns = [...this.#turns, { role: "assistant", text: text.trim() }];
  }

  /** A question that got no answer was not asked. */
  forget(): void {
    if (this.#turns.at(-1)?.role === "user") this.#turns = this.#turns.slice(0, -1);
  }

  /** Ends of an answer: ids, and texts where the template ends it with text. */
  get ends(): { readonly ids: readonly number[]; readonly texts: readonly string[] } {
    const ids = this.template.stops.map((stop) => this.#tokenizer.idOf(stop));
    return {
      ids: ids.flatMap((id) => id ?? []),
      texts: this.template.stops.filter((_, n) => ids[n] === undefined),
    };
  }
}
