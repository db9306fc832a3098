import { fault } from "../../faults.ts";
import type { ChatTemplate } from "./chat-template.ts";
import { internvlV1 } from "./internvl-v1.ts";
import { plain } from "./plain.ts";
import { vicunaV1 } from "./vicuna-v1.ts";

/** A template is one file and one line here. */
export const chatTemplates: readonly ChatTemplate[] = [vicunaV1, internvlV1, plain];

export function findTemplate(name: string): ChatTemplate {
  const found = chatTemplates.find((template) => template.name === name);
  if (found !== undefined) return found;
  throw fault("no-such-template", { name, known: chatTemplates.map((template) => template.name) });
}
