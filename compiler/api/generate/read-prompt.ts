import { takeInput } from "../../../runtime/given-input.ts";
import { assertInputNames } from "../../../runtime/input-names.ts";
import { lengthsOf, paddingNotes } from "../../../runtime/row-lengths.ts";
import { elementCount, emptyNumbers, type Tensor } from "../../../runtime/tensor.ts";
import type { TokenizerSource } from "../../../runtime/text/load-tokenizer.ts";
import type { InputSpec } from "../../artifact.ts";
import { asPrompt, type GenerationPlan } from "./generation-plan.ts";
import type { PromptInputs } from "./generation-settings.ts";

interface PromptShape {
  /** Tokens of the longest prompt, and what all are padded to. */
  readonly tokens: number;
  readonly padded: number;
  /** Rows that each sequence is decoded in. */
  readonly beams: number;
}

/** What reading needs beside the inputs, and who hears what was guessed. */
interface Reading {
  readonly tokenizer: TokenizerSource;
  readonly onNote?: ((note: string) => void) | undefined;
}

/**
 * Inputs of the first step as the program takes them: prompts padded with 0 on the right to their bucket,
 * and every sequence as often as there are beams.
 */
export async function readPrompt(
  plan: GenerationPlan,
  specs: readonly InputSpec[],
  inputs: PromptInputs,
  { tokens, padded, beams }: PromptShape,
  { tokenizer, onNote }: Reading,
): Promise<Record<string, Tensor>> {
  assertInputNames(plan.inputs, inputs);
  const given: Record<string, Tensor> = {};
  const own = specs.map((spec) => {
    const isPrompt = spec.name === plan.prompt.name;
    return oneOfBeams(spec, plan.batchAxis, beams, isPrompt ? tokens : undefined);
  });
  for (const spec of own) {
    const value = inputs[spec.name];
    if (value === undefined) continue;
    const isPrompt = spec.name === plan.prompt.name;
    given[spec.name] = await takeInput(spec, isPrompt ? asPrompt(value) : value, tokenizer, onNote);
  }
  for (const note of paddingNotes(own, given)) onNote?.(note);
  const tensors: Record<string, Tensor> = {};
  for (const spec of own) {
    const tensor = given[spec.name];
    if (tensor === undefined) continue;
    const long = spec.name === plan.prompt.name ? paddedTo(spec, tensor, padded) : tensor;
    const place = spec.shape.findIndex(({ name }) => name === plan.batchAxis);
    tensors[spec.name] = place === 0 ? repeated(long, beams) : long;
  }
  return tensors;
}

/** The input as a person gives it: without beams, the prompt as long as it is. */
function oneOfBeams(
  spec: InputSpec,
  batchAxis: string,
  beams: number,
  tokens: number | undefined,
): InputSpec {
  const last = spec.shape.length - 1;
  return {
    ...spec,
    shape: spec.shape.map(({ name, size }, place) => {
      if (name === batchAxis) return { name, size: size / beams };
      return { name, size: place === last && tokens !== undefined ? tokens : size };
    }),
  };
}

/** With 0 on the right; the rows stay as long as they are. */
function paddedTo(spec: InputSpec, given: Tensor, length: number): Tensor {
  const tensor = { ...given, lengths: lengthsOf(spec, given) };
  const own = tensor.shape.at(-1) ?? 1;
  if (own === length || tensor.element === "f32") return tensor;
  const rows = own === 0 ? 0 : tensor.data.length / own;
  const data = emptyNumbers(tensor.element, rows * length);
  for (let row = 0; row < rows; row++)
    data.set(tensor.data.subarray(row * own, (row + 1) * own), row * length);
  return { ...tensor, shape: [...tensor.shape.slice(0, -1), length], data } as Tensor;
}

/** Every entry of the first dimension `times` in a row. */
function repeated(tensor: Tensor, times: number): Tensor {
  const [count = 1, ...rest] = tensor.shape;
  if (times === 1) return tensor;
  const width = elementCount(rest);
  const data = emptyNumbers(tensor.element, count * times * width);
  for (let row = 0; row < count * times; row++) {
    const from = Math.floor(row / times) * width;
    data.set(tensor.data.subarray(from, from + width), row * width);
  }
  const lengths = tensor.lengths && repeatedLengths(tensor.lengths, count, times);
  return { ...tensor, shape: [count * times, ...rest], data, lengths } as Tensor;
}

function repeatedLengths(
  lengths: readonly number[],
  count: number,
  times: number,
): readonly number[] {
  const width = lengths.length / count;
  return Array.from({ length: count * times }, (_, row) => {
    const from = Math.floor(row / times) * width;
    return lengths.slice(from, from + width);
  }).flat();
}
