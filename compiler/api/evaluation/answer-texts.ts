import type { TextProtocol } from "../../../runtime/evaluate/tasks/text-tasks.ts";
import { fault } from "../../../runtime/faults.ts";
import type { InputSpec } from "../../artifact.ts";
import { openDialogue, openTextGenerator } from "../open-loaded.ts";
import type { EvaluatedModel } from "./evaluated-model.ts";

/** A model that answers one prompt about one image at a time. */
interface Answerer {
  readonly answer: (image: string, prompt: string) => Promise<string>;
  /** The device's name. */
  readonly device: string;
  readonly dispose: () => void;
}

/** Opens a mode that generates, with the beams and lengths of a protocol. */
export async function openAnswerer(
  model: EvaluatedModel,
  mode: string,
  protocol: TextProtocol,
): Promise<Answerer> {
  return mode === "chat" ? openChat(model, mode, protocol) : openGenerator(model, mode, protocol);
}

async function openGenerator(
  model: EvaluatedModel,
  mode: string,
  { beams, minNewTokens, maxNewTokens }: TextProtocol,
): Promise<Answerer> {
  const generator = await openTextGenerator({ ...model, mode, beams, minNewTokens });
  const image = inputWith(generator.artifact.inputs, "image", mode);
  const text = inputWith(generator.artifact.inputs, "text", mode);
  return {
    device: generator.device.name,
    async answer(path, prompt) {
      const inputs = { [image]: path, [text]: prompt };
      const [sequence] = await generator.complete(inputs, { maxNewTokens });
      return (sequence?.text ?? "").trim();
    },
    dispose: () => generator.dispose(),
  };
}

/** A dialogue of one question. It has no beams: the record of a run says that it is greedy. */
async function openChat(
  model: EvaluatedModel,
  mode: string,
  { minNewTokens, maxNewTokens }: TextProtocol,
): Promise<Answerer> {
  const dialogue = await openDialogue({ ...model, mode, minNewTokens });
  return {
    device: dialogue.device.name,
    async answer(path, prompt) {
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
