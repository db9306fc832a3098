import { peekGiven } from "../../../runtime/given-input.ts";
import type { InputValue } from "../../../runtime/input-value.ts";
import type { TokenizerSource } from "../../../runtime/text/load-tokenizer.ts";
import type { InputForm, RecordForm } from "../../artifact.ts";
import { type GivenInput, withDefaultTexts } from "./default-texts.ts";

/**
 * The sizes of the mode's free axes as the given inputs have them: `[8, 3, 224, 224]` for `[B, Rgb, Y, X]`
 * makes `B` 8. What the user said stays; shapes that do not fit are left for the reader to report.
 */
export function sizesOfInputs(
  call: RecordForm,
  inputs: readonly GivenInput[],
  said: Readonly<Record<string, number | undefined>>,
  tokenizer?: TokenizerSource,
): Record<string, number> {
  const sizes: Record<string, number> = {};
  for (const { name, value } of withDefaultTexts(call, inputs)) {
    const spec = call.inputs.find((input) => input.name === name);
    if (spec === undefined) continue;
    for (const [axis, size] of sizesOfInput(spec, value, tokenizer)) {
      const isFree = Object.hasOwn(call.sizes, axis);
      if (isFree && said[axis] === undefined) sizes[axis] ??= size;
    }
  }
  return sizes;
}

function sizesOfInput(
  spec: InputForm,
  value: InputValue,
  tokenizer: TokenizerSource | undefined,
): readonly (readonly [string, number])[] {
  const seen = peekGiven(spec, value, tokenizer);
  if (seen === undefined) return [];
  const names = spec.shape.map((dimension) => dimension.name);
  if ("batch" in seen) {
    // An image is the last three dimensions; what stands before is the batch.
    const [batch] = names.slice(0, -3);
    return batch === undefined ? [] : [[batch, seen.batch]];
  }
  return sizesOfShape(spec, seen.shape);
}

/** The sizes of an input's axes where it is given in this shape; nothing where the shape does not fit. */
export function sizesOfShape(
  spec: Pick<InputForm, "shape">,
  shape: readonly number[],
): readonly (readonly [string, number])[] {
  // A leading dimension may be left out where it is 1, so shapes are compared from the right.
  const offset = spec.shape.length - shape.length;
  if (offset < 0) return [];
  return shape.map((size, index) => [spec.shape[index + offset]?.name ?? "", size] as const);
}
