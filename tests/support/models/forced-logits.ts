import type { Device } from "../../../runtime/device/device.ts";
import type { Tensor } from "../../../runtime/tensor.ts";
import { ids, type Opening, open } from "./generation.ts";

/** The logits by which each token of these sequences would be chosen, by position and sequence. */
export async function forcedLogits(
  device: Device,
  start: readonly number[],
  all: readonly (readonly number[])[],
  opening: Opening,
): Promise<readonly (readonly number[])[][]> {
  const inputs = { ids: ids(...all.map(() => start)) };
  const generator = await open(device, { ...opening, inputs, settings: { keepLogits: true } });
  const prompt = await generator.read(inputs);
  const call = { immediates: { seed: 0, step: 0 }, read: ["logits"] };
  let outputs = await generator.session.step(prompt.step, prompt.inputs, call);
  const found: (readonly number[])[][] = [];
  const length = Math.max(...all.map((tokens) => tokens.length));
  for (let n = 0; n < length; n++) {
    found.push(all.map((_, row) => rowOf(outputs.logits, row)));
    const data = Int32Array.from(all, (tokens) => tokens[n] ?? 0);
    const token: Tensor = { element: "i32", shape: [all.length], data };
    outputs = await generator.session.step("decode", { token }, call);
  }
  generator.dispose();
  return found;
}

/** One row of logits `[B, Vocab]`. */
export function rowOf(logits: Tensor | undefined, row: number): number[] {
  const vocab = logits?.shape.at(-1) ?? 0;
  return [...(logits?.data.slice(row * vocab, (row + 1) * vocab) ?? [])];
}
