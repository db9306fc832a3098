// Answers as LLaVA's scripts write them, from which its converters make what servers take.
import { createHash } from "node:crypto";
import type { WrittenFile } from "./result-files.ts";

interface Answered {
  readonly questionId: unknown;
  readonly prompt: string;
  readonly text: string;
}

/** `answers.jsonl`: an object per line. Their scripts draw `answer_id`; here it follows from question and answer. */
export function llavaAnswers(answers: readonly Answered[], model: string): WrittenFile {
  const lines = answers.map(({ questionId, prompt, text }) => {
    const hash = createHash("sha256").update(JSON.stringify([questionId, prompt, text]));
    const line = {
      question_id: questionId,
      prompt,
      text,
      answer_id: hash.digest("base64url").slice(0, 22),
      model_id: model,
      metadata: {},
    };
    return `${JSON.stringify(line)}\n`;
  });
  return { name: "answers.jsonl", text: lines.join("") };
}
