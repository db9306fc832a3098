type Numbers = Readonly<Record<string, number | null>>;

interface AskedQuestion {
  readonly image: string;
  readonly question: string;
}

/** A small set whose files are written when it is known what a model answers, so that some of it is right. */
export interface AnsweredSet {
  readonly task: string;
  readonly questions: readonly AskedQuestion[];
  /** The files of the set, as published. */
  readonly files: (answers: readonly string[]) => Readonly<Record<string, unknown>>;
  /** What the scorer must find. */
  readonly numbers: (answers: readonly string[]) => Numbers;
  /** What its server takes: text by the name of a file. */
  readonly results: (answers: readonly string[]) => Readonly<Record<string, string>>;
  /** Prompts of both chats, in the words of the paper. */
  readonly promptOfC: (question: string) => string;
  readonly promptOfD: (question: string) => string;
}

export const shortAnswer = "Answer the question using a single word or phrase.";
export const asked = {
  promptOfC: (question: string) => (question === "" ? shortAnswer : `${question}\n${shortAnswer}`),
  promptOfD: (question: string) => (question === "" ? shortAnswer : `${question} ${shortAnswer}`),
};

export const cocoName = (id: number): string => `COCO_val2014_${String(id).padStart(12, "0")}.jpg`;
export const resultArray = (rows: unknown): Readonly<Record<string, string>> => ({
  "result.json": `${JSON.stringify(rows)}\n`,
});
