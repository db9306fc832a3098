import { fault } from "../../../runtime/faults.ts";
import { readInput } from "../../../runtime/inputs.ts";
import { isCounted, paddingNotes } from "../../../runtime/row-lengths.ts";
import { shapeText, type Tensor } from "../../../runtime/tensor.ts";
import type { TokenizerSource } from "../../../runtime/text/load-tokenizer.ts";
import type { Assignment } from "../../api/assignment.ts";
import { exitCode, Failure } from "../../api/failure.ts";
import { withDefaultTexts } from "../../api/generate/default-texts.ts";
import type { Artifact } from "../../artifact.ts";
import { nearestNames } from "../../diagnostics/suggest.ts";

/** Reads every `--in name=value` as its input needs it. */
export async function readInputs(
  artifact: Pick<Artifact, "inputs">,
  inputs: readonly Assignment[],
  tokenizer?: TokenizerSource,
  onNote?: (note: string) => void,
): Promise<Record<string, Tensor>> {
  const tensors: Record<string, Tensor> = {};
  for (const { name, value } of inputs) {
    const spec = artifact.inputs.find((input) => input.name === name);
    if (spec === undefined)
      throw unknownInput(
        name,
        artifact.inputs.map((input) => input.name),
      );
    tensors[name] = await readInput(spec, value, tokenizer, onNote);
  }
  return tensors;
}

/** The same, where every input of the mode must be given or have a default. */
export async function readAllInputs(
  artifact: Pick<Artifact, "inputs">,
  inputs: readonly Assignment[],
  tokenizer?: TokenizerSource,
  onNote?: (note: string) => void,
): Promise<Record<string, Tensor>> {
  const given = withDefaultTexts(artifact, inputs);
  const tensors = await readInputs(artifact, given, tokenizer, onNote);
  for (const note of paddingNotes(artifact.inputs, tensors)) onNote?.(note);
  for (const spec of artifact.inputs) {
    const { name, shape } = spec;
    if (tensors[name] === undefined && !isCounted(spec))
      throw fault("input-missing", { name, shape: shapeText(shape) });
  }
  return tensors;
}

/** For timing: numbers do not matter there, only shapes. */
export async function randomInputs(artifact: Artifact): Promise<Record<string, Tensor>> {
  const drawn = artifact.inputs.filter((spec) => !isCounted(spec));
  const given = drawn.map(({ name }) => ({ name, value: "random:0" }));
  return readInputs(artifact, given);
}

export function unknownInput(name: string, known: readonly string[]): Error {
  const [nearest] = nearestNames(name, known);
  const { code, message } = fault("input-unknown", { name, known, nearest });
  return new Failure(
    exitCode.input,
    code,
    message,
    nearest && `did you mean \`--in ${nearest}=...\`?`,
  );
}
