import type { TextProtocol } from "../../../runtime/evaluate/tasks/text-protocols.ts";
import { fault } from "../../../runtime/faults.ts";
import type { InputSpec } from "../../artifact.ts";
import { openDialogue, openTextGenerator } from "../open-loaded.ts";
import type { EvaluatedModel } from "./evaluated-model.ts";

/** A model that answers one prompt about one image at a time. */
export interface Answerer {
  readonly answer: (image: string, prompt: string, maxNewTokens: number) => Promise<string>;
  readonly dispose: () => void;
}

/** What a program is made for; how many tokens an answer may have is said with the prompt. */
export type Searching = Pick<TextProtocol, "name" | "beams" | "minNewTokens">;

/** Opens a mode that generates, with the beams and lengths of a protocol. */
export function openAnswerer(
  model: EvaluatedModel,
  mode: string,
  searching: Searching,
): Promise<Answerer> {
  const open = searching.name === "internvl_g" ? openGenerator : openChat;
  return open(model, mode, searching);
}

async function openGenerator(
  model: EvaluatedModel,
  mode: string,
  { beams, minNewTokens }: Searching,
): Promise<Answerer> {
  const generator = await openTextGenerator({ ...model, mode, beams, minNewTokens });
  const image = inputWith(generator.artifact.inputs, "image", mode);
  const text = inputWith(generator.artifact.inputs, "text", mode);
  return {
    async answer(path, prompt, maxNewTokens) {
      // In a list a question is nothing but text, whatever it begins with.
      const inputs = { [image]: path, [text]: [prompt] };
      const [sequence] = await generator.complete(inputs, { maxNewTokens });
      return (sequence?.text ?? "").trim();
    },
    dispose: () => generator.dispose(),
  };
}

/** A dialogue of one question. */
async function openChat(
  model: EvaluatedModel,
  mode: string,
  { beams, minNewTokens }: Searching,
): Promise<Answerer> {
  const dialogue = await openDialogue({ ...model, mode, beams, minNewTokens });
  return {
    async answer(path, prompt, maxNewTokens) {
      await dialogue.begin(path);
      return (await dialogue.ask(prompt, { maxNewTokens })).trim();
    },
    dispose: () => dialogue.dispose(),
  };
}

function inputWith(inputs: readonly InputSpec[], reader: string, mode: string): string {
  const found = inputs.find((spec) => spec.reader?.name === reader);
  if (found !== undefined) return found.name;
  throw fault("eval-request", {
    reason: `the mode \`${mode}\` has no input \`from ${reader}(..)\``,
    hint: "--mode names the mode that answers",
  });
}
