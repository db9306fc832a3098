import { takeInput } from "../../runtime/given-input.ts";
import { assertInputNames } from "../../runtime/input-names.ts";
import type { InputValue } from "../../runtime/input-value.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import type { TokenizerSource } from "../../runtime/text/load-tokenizer.ts";
import type { Artifact } from "../artifact.ts";
import { withDefaultTexts } from "./generate/default-texts.ts";

/**
 * The inputs of a program as a caller of the library gives them, as tensors; texts that it has a default for
 * may be left out.
 *
 * @throws {RuntimeFault} where a name is unknown or missing, or a value does not fit.
 */
export async function readGiven(
  { inputs: specs }: Pick<Artifact, "inputs">,
  inputs: object,
  tokenizer: TokenizerSource,
): Promise<Record<string, Tensor>> {
  const given = (Object.entries(inputs) as [string, InputValue | undefined][]).flatMap(
    ([name, value]) => (value === undefined ? [] : [{ name, value }]),
  );
  const all = withDefaultTexts({ inputs: specs }, given);
  assertInputNames(specs, Object.fromEntries(all.map(({ name, value }) => [name, value])));
  const tensors: Record<string, Tensor> = {};
  for (const spec of specs) {
    const value = all.find(({ name }) => name === spec.name)?.value;
    if (value !== undefined) tensors[spec.name] = await takeInput(spec, value, tokenizer);
  }
  return tensors;
}
