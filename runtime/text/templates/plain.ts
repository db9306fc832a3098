import type { ChatPart, ChatTemplate } from "./chat-template.ts";

/** Pairs of image and caption, for the first step of training a projector: no roles, no questions. */
export const plain: ChatTemplate = {
  name: "plain",
  system: "",
  added: ["<image>"],
  imageToken: "<image>",
  round({ images, answer }) {
    const image: ChatPart = { kind: "image" };
    return [
      ...Array.from({ length: images }, () => image),
      ...(answer === undefined ? [] : [{ kind: "answer", text: `${answer}\n` } as const]),
    ];
  },
  stops: ["\n"],
};
