import type { ChatPart, Round } from "./chat-template.ts";

export const vicunaSystem =
  "A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful, detailed, and polite answers to the user's questions. ";

/** `USER: question ASSISTANT: answer</s>`; an open round ends with `ASSISTANT:`. */
export function vicunaRound(
  { question, answer }: Round,
  before: readonly ChatPart[],
): readonly ChatPart[] {
  return [
    { kind: "text", text: "USER: " },
    ...before,
    { kind: "text", text: `${question} ASSISTANT:` },
    ...(answer === undefined
      ? []
      : [
          { kind: "answer", text: ` ${answer}` } as const,
          { kind: "token", token: "</s>" } as const,
        ]),
  ];
}
