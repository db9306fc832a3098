import { fault } from "../faults.ts";
import type { ChatPart, ChatTemplate, Round, Turn } from "./templates/chat-template.ts";

/** What composing asks of a tokenizer that knows the template's tokens. */
export interface ChatTokenizer {
  /** Starts the conversation, where there is one. */
  readonly bosId: number | undefined;
  readonly encode: (text: string) => readonly number[];
  readonly idOf: (name: string) => number | undefined;
}

interface ChatOptions {
  /** Tokens of one image. */
  readonly image?: number | undefined;
  /** Tokens of one block of queries; 0 where the model is made without them. */
  readonly query?: number | undefined;
  /** Longer conversations are cut at the end. */
  readonly length?: number | undefined;
}

/** A label that the loss leaves out. */
export const ignoredLabel = -100;

interface ComposedChat {
  readonly ids: readonly number[];
  /** The answers with what ends them; `ignoredLabel` elsewhere. */
  readonly labels: readonly number[];
  /** What the user asked, round by round: each goes to the queries as well. */
  readonly questions: readonly string[];
  /** The tokens of an answer could not be told from those before it: every label is `ignoredLabel`. */
  readonly isUnlabelled: boolean;
}

/** A conversation as ids, with the labels for training on its answers. */
export function composeChat(
  template: ChatTemplate,
  tokenizer: ChatTokenizer,
  turns: readonly Turn[],
  options: ChatOptions = {},
): ComposedChat {
  const rounds = roundsOf(turns, options.query !== 0);
  const parts: readonly ChatPart[] = [
    { kind: "text", text: template.system },
    ...rounds.flatMap(template.round),
  ];
  const writer = new ChatWriter(template, tokenizer, options);
  for (const part of parts) writer.write(part);
  writer.endText();
  const length = options.length ?? writer.ids.length;
  const labels = writer.isUnlabelled ? writer.ids.map(() => ignoredLabel) : writer.labels;
  return {
    ids: writer.ids.slice(0, length),
    labels: labels.slice(0, length),
    questions: rounds.map((round) => round.question),
    isUnlabelled: writer.isUnlabelled,
  };
}

class ChatWriter {
  readonly ids: number[];
  readonly labels: number[];
  isUnlabelled = false;
  readonly #template: ChatTemplate;
  readonly #tokenizer: ChatTokenizer;
  readonly #options: ChatOptions;
  /** Text up to the next token is one text: a tokenizer would read it differently in pieces. */
  #text = "";
  #answerFrom: number | undefined;
  #wasAnswer = false;

  constructor(template: ChatTemplate, tokenizer: ChatTokenizer, options: ChatOptions) {
    this.#template = template;
    this.#tokenizer = tokenizer;
    this.#options = options;
    this.ids = tokenizer.bosId === undefined ? [] : [tokenizer.bosId];
    this.labels = this.ids.map(() => ignoredLabel);
  }

  write(part: ChatPart): void {
    switch (part.kind) {
      case "text":
        // An answer that no token ends: what follows is no part of it.
        if (this.#answerFrom !== undefined) this.endText();
        this.#text += part.text;
        this.#wasAnswer = false;
        break;
      case "answer":
        this.#answerFrom ??= this.#text.length;
        this.#text += part.text;
        this.#wasAnswer = true;
        break;
      case "token":
        this.endText();
        this.#add([this.#idOf(part.token)], this.#wasAnswer);
        this.#wasAnswer = false;
        break;
      case "image":
        this.#repeat(this.#template.imageToken, this.#options.image ?? 1);
        break;
      case "query":
        this.#repeat(this.#template.queryToken ?? "", this.#options.query ?? 1);
        break;
    }
  }

  /** Turns the text so far into ids. */
  endText(): void {
    const ids = this.#tokenizer.encode(this.#text);
    const known = this.#text.slice(0, this.#answerFrom ?? this.#text.length);
    const start = this.#answerFrom === undefined ? ids.length : this.#startOf(ids, known);
    this.#add(ids.slice(0, start), false);
    this.#add(ids.slice(start), true);
    this.#text = "";
    this.#answerFrom = undefined;
  }

  /** Where the answer begins: what stands before it must give the same ids without it. */
  #startOf(ids: readonly number[], known: string): number {
    const before = this.#tokenizer.encode(known);
    if (before.some((id, index) => ids[index] !== id)) this.isUnlabelled = true;
    return before.length;
  }

  #repeat(token: string, count: number): void {
    this.endText();
    const id = this.#idOf(token);
    this.#add(
      Array.from({ length: count }, () => id),
      false,
    );
    this.#wasAnswer = false;
  }

  #add(ids: readonly number[], isTrained: boolean): void {
    for (const id of ids) {
      this.ids.push(id);
      this.labels.push(isTrained ? id : ignoredLabel);
    }
  }

  #idOf(token: string): number {
    const id = this.#tokenizer.idOf(token);
    if (id !== undefined) return id;
    throw fault("bad-conversation", { reason: `the tokenizer has no token \`${token}\`` });
  }
}

function roundsOf(turns: readonly Turn[], hasQueries: boolean): readonly Round[] {
  const wrong = (reason: string) => fault("bad-conversation", { reason });
  if (turns.length === 0) throw wrong("it has no turns");
  const rounds: Round[] = [];
  let hasSeen = false;
  for (const [at, turn] of turns.entries()) {
    const expected = at % 2 === 0 ? "user" : "assistant";
    if (turn.role !== expected)
      throw wrong(`turn ${at + 1} is the ${turn.role}'s, and it is the ${expected}'s turn`);
    if (turn.role === "assistant") continue;
    const { question, images } = shown(turn);
    hasSeen ||= images > 0;
    const answer = turns[at + 1]?.text;
    rounds.push({ index: at / 2, question, images, hasSeen, hasQueries, answer });
  }
  return rounds;
}

/**
 * Data sets, which do not say how many images a turn shows, write `<image>` into its text; wherever it
 * stands there, the image comes first. Of a turn that says it, the text is what somebody typed.
 */
function shown({ text, images }: Turn): { readonly question: string; readonly images: number } {
  if (images !== undefined) return { question: text, images };
  const places = text.split("<image>").length - 1;
  const question = places === 0 ? text : text.replaceAll("<image>", "").trim();
  return { question, images: places };
}
