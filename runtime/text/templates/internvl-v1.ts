import type { ChatPart, ChatTemplate } from "./chat-template.ts";
import { vicunaRound, vicunaSystem } from "./vicuna.ts";

const token = (name: string): ChatPart => ({ kind: "token", token: name });

const image: readonly ChatPart[] = [token("<IMG>"), { kind: "image" }, token("</IMG>")];
const query: readonly ChatPart[] = [token("<QUERY>"), { kind: "query" }, token("</QUERY>")];

/** InternVL-Chat with QLLaMA: images once, and in every round queries that have read its question. */
export const internvlV1: ChatTemplate = {
  name: "internvl_v1",
  system: vicunaSystem,
  added: ["<IMG>", "</IMG>", "<IMG_CONTEXT>", "<QUERY>", "</QUERY>", "<QUERY_CONTEXT>"],
  imageToken: "<IMG_CONTEXT>",
  queryToken: "<QUERY_CONTEXT>",
  round(round) {
    const images = Array.from({ length: round.images }, () => image).flat();
    const seen = [...images, ...(round.hasSeen && round.hasQueries ? query : [])];
    return vicunaRound(round, seen.length === 0 ? [] : [...seen, { kind: "text", text: "\n" }]);
  },
  stops: ["</s>"],
};
