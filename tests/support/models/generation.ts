import type { GenerationSettings } from "../../../compiler/api/generate/generation-settings.ts";
import type { LoadedGenerator } from "../../../compiler/api/generate/loaded-generator.ts";
import { compileGenerator, openGenerator } from "../../../compiler/api/generate/open-generator.ts";
import type { Device } from "../../../runtime/device/device.ts";
import type { Generated } from "../../../runtime/generate/generate.ts";
import type { TokenEvent } from "../../../runtime/generate/sequence.ts";
import type { Tensor } from "../../../runtime/tensor.ts";
import { tokenizerSource } from "../../../runtime/text/load-tokenizer.ts";

export interface Opening {
  readonly settings?: GenerationSettings;
  /** Without them the program is made for prompts of all lengths. */
  readonly inputs?: Readonly<Record<string, Tensor | string>>;
  readonly set?: Readonly<Record<string, number>>;
  readonly weights?: string;
}

/** The small LLaMA with random weights and the tokenizer of the examples. */
export async function open(device: Device, opening: Opening = {}): Promise<LoadedGenerator> {
  const { settings = {}, weights = "random:3", ...more } = opening;
  const llama = { file: "models/llama/llama.weft", model: "Llama_tiny", mode: "generate" };
  const tokenizer = tokenizerSource("examples/tokenizer.model", undefined);
  const request = { ...llama, ...more, settings, weights, tokenizer, device };
  return openGenerator(await compileGenerator(request), request);
}

/** Prompts, padded to the longest of them. */
export function ids(...rows: readonly (readonly number[])[]): Tensor {
  const length = Math.max(...rows.map((row) => row.length));
  const data = rows.flatMap((row) => [...row, ...Array<number>(length - row.length).fill(0)]);
  return { element: "i32", shape: [rows.length, length], data: Int32Array.from(data) };
}

/** Everything that an iterator of tokens gives. */
export async function collect(
  events: AsyncGenerator<TokenEvent, Generated>,
): Promise<Generated & { readonly events: readonly TokenEvent[] }> {
  const seen: TokenEvent[] = [];
  for (;;) {
    const next = await events.next();
    if (next.done === true) return { ...next.value, events: seen };
    seen.push(next.value);
  }
}
