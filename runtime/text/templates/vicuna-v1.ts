import type { ChatPart, ChatTemplate } from "./chat-template.ts";
import { vicunaRound, vicunaSystem } from "./vicuna.ts";

/** Vicuna 1.1 with images as in LLaVA-1.5: `<image>`, a new line, the question. */
export const vicunaV1: ChatTemplate = {
  name: "vicuna_v1",
  system: vicunaSystem,
  added: ["<image>"],
  imageToken: "<image>",
  round(round) {
    const image: readonly ChatPart[] = [{ kind: "image" }, { kind: "text", text: "\n" }];
    return vicunaRound(round, Array.from({ length: round.images }, () => image).flat());
  },
  stops: ["</s>"],
};
