// How the paper's scripts ask for texts: what stands behind a question, how many beams, how long an answer may be.

/** Who asks: InternVL-G's captions, InternVL-Chat without QLLaMA (c: LLaVA's scripts), InternVL-Chat with it (d). */
export type Asker = "internvl_g" | "chat_c" | "chat_d";

/** Every value on which an answer depends; it stands in `run.json`. */
export interface TextProtocol {
  readonly name: Asker;
  /** Between question and suffix. Either is left out where it is empty. */
  readonly joint: string;
  /** For captions, the prompt itself. */
  readonly suffix: string;
  readonly beams: number;
  readonly minNewTokens: number;
  readonly maxNewTokens: number;
  /** Scores of beams are divided by the length to this power. */
  readonly lengthPenalty: number;
}

/** What a task asks for, whoever answers. */
export interface Asking {
  readonly kind: "caption" | "question";
  /** Behind each question, in the words of the paper. */
  readonly sentences: readonly string[];
  /** The same for chats without QLLaMA, where it differs. */
  readonly sentencesOfC?: readonly string[];
  readonly minNewTokens: number;
  readonly maxNewTokens: number;
}

const shortAnswer = "Answer the question using a single word or phrase.";

const short: Asking = {
  kind: "question",
  sentences: [shortAnswer],
  minNewTokens: 1,
  maxNewTokens: 10,
};

/** How the tasks ask. */
export const askings = {
  caption: {
    kind: "caption",
    sentences: ["Provide a one-sentence caption for the provided image."],
    minNewTokens: 8,
    maxNewTokens: 30,
  },
  short,
  /** Texts in documents and charts can be long. */
  long: { ...short, maxNewTokens: 100 },
  vizwiz: {
    ...short,
    sentences: [
      "When the provided information is insufficient, respond with 'Unanswerable'.",
      shortAnswer,
    ],
  },
  options: {
    ...short,
    sentences: ["Please answer the question based on the options mentioned before."],
  },
  /** The released script leaves the suffix empty: its file of questions has one, which the official file has not. */
  pope: {
    ...short,
    sentences: [],
    sentencesOfC: [shortAnswer],
    minNewTokens: 0,
    maxNewTokens: 100,
  },
  mme: { ...short, maxNewTokens: 20 },
  tiny: { ...short, maxNewTokens: 30 },
} as const satisfies Record<string, Asking>;

/** The prompt of InternVL-G's captions. */
const englishCaption = "English caption:";

/** The protocol of a task for a model. Captions are searched with the same beams by whichever model. */
export function protocolOf(asking: Asking, name: Asker): TextProtocol {
  const { kind, sentences, sentencesOfC = sentences, minNewTokens, maxNewTokens } = asking;
  const searched = { name, beams: 5, minNewTokens, maxNewTokens, lengthPenalty: 1 };
  if (kind === "caption") {
    const suffix = name === "internvl_g" ? englishCaption : (sentences[0] ?? "");
    return { ...searched, joint: "", suffix };
  }
  if (name !== "chat_c") return { ...searched, joint: " ", suffix: sentences.join(" ") };
  return {
    ...{ name, joint: "\n", suffix: sentencesOfC.join("\n") },
    ...{ beams: 1, minNewTokens: 0, maxNewTokens: 128, lengthPenalty: 1 },
  };
}

/** What the model is asked: the question with what stands behind it. */
export function promptOf(question: string, { joint, suffix }: TextProtocol): string {
  return [question, suffix].filter((part) => part !== "").join(joint);
}

/** Who asks, by the template of a mode's dialogues: LLaVA's for c, InternVL's for d; a mode without dialogues captions. */
export function askerOf(template: string | undefined): Asker {
  if (template === undefined) return "internvl_g";
  return template === "internvl_v1" ? "chat_d" : "chat_c";
}
