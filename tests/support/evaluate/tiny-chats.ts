import { join } from "node:path";
import { writeLoudWeights } from "../models/loud-weights.ts";

const vision = { D: 32, Heads: 2, Hidden: 64, depth: 2, image: 28 };
const language = { Vocab: 512, D: 32, Heads: 2, Hidden: 64, Slot: 256, depth: 1 };
const queries = { Vocab: 512, D: 32, Heads: 2, Hidden: 64, Slot: 128, depth: 1 };

const under = (path: string, settings: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(settings).map(([name, value]) => [`${path}.${name}`, value]));

/** ` n`, `o`, the end, ` one`, a dot: so it says no now and then, and number words, and ends soon. */
const favours = { 307: 8, 437: 8, 2: 6, 427: 6, 454: 5 };

/** Both chats, small; ids of places are those that templates add to the pieces of `examples/tokenizer.model`. */
export const tinyChats = {
  c: {
    model: "ChatC",
    set: {
      ...under("vision_model", vision),
      ...under("llm", language),
      image_token: 500,
      skipped: 1,
    },
  },
  d: {
    model: "ChatD",
    set: {
      ...under("vision_model", vision),
      ...under("glue.qllama", queries),
      ...under("llm", language),
      ...{ "glue.Query": 4, image_token: 502, query_token: 505, skipped: 1 },
    },
  },
} as const;

export const chatFile = "models/internvl/chat.weft";

export function writeChat(folder: string, which: keyof typeof tinyChats): string {
  const path = join(folder, `chat-${which}.safetensors`);
  writeLoudWeights(path, { file: chatFile, mode: "chat", ...tinyChats[which], favours });
  return path;
}
