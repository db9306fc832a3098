import type { Generated } from "../../../runtime/generate/generate.ts";
import type { Tensor } from "../../../runtime/tensor.ts";
import type { ReadPrompt } from "../../api/generate/generation-program.ts";
import type { LoadedGenerator } from "../../api/generate/loaded-generator.ts";
import { formatTime } from "../../api/text/format-quantity.ts";

export interface GenerationResult {
  readonly sequences: readonly (Generated["sequences"][number] & { readonly score?: number })[];
  readonly logits: readonly Tensor[];
  readonly startMs: number;
  /** When the first token was there; of beams, when all were. */
  readonly firstMs: number;
  readonly endMs: number;
}

/** `tokens` with 0 behind the end of shorter sequences, and the logits of the steps. */
export function generationTensors({ sequences, logits }: GenerationResult): Record<string, Tensor> {
  const longest = Math.max(0, ...sequences.map(({ tokens }) => tokens.length));
  const tokens: Tensor = {
    element: "i32",
    shape: [sequences.length, longest],
    data: Int32Array.from(
      sequences.flatMap((one) => Array.from({ length: longest }, (_, n) => one.tokens[n] ?? 0)),
    ),
  };
  const [first] = logits;
  if (first === undefined) return { tokens };
  const [rows = 1, vocabulary = 0] = first.shape;
  const data = new Float32Array(rows * logits.length * vocabulary);
  for (const [step, tensor] of logits.entries())
    for (let row = 0; row < rows; row++)
      data.set(
        tensor.data.subarray(row * vocabulary, (row + 1) * vocabulary),
        (row * logits.length + step) * vocabulary,
      );
  const shape = [rows, logits.length, vocabulary];
  return { tokens, step_logits: { element: "f32", shape, data } };
}

/** `24 tokens in 1.2 s: the first after 300 ms, then 25.6 tokens/s`. */
export function speedText(result: GenerationResult): string {
  const { startMs, firstMs, endMs, sequences } = result;
  const count = sequences.reduce((sum, { tokens }) => sum + tokens.length, 0);
  const whole = `${count} ${count === 1 ? "token" : "tokens"} in ${formatTime(endMs - startMs)}`;
  const rate = tokensPerSecond(result);
  if (rate === undefined) return `${whole}\n`;
  const first = firstMs < endMs ? `the first after ${formatTime(firstMs - startMs)}, then ` : "";
  return `${whole}: ${first}${rate.toFixed(1)} tokens/s\n`;
}

/** Without the prompt, where tokens were told one by one. */
function tokensPerSecond({ sequences, startMs, firstMs, endMs }: GenerationResult) {
  const count = sequences.reduce((sum, { tokens }) => sum + tokens.length, 0);
  const isTold = firstMs < endMs;
  const counted = isTold ? count - sequences.length : count;
  const seconds = (endMs - (isTold ? firstMs : startMs)) / 1000;
  return counted > 0 && seconds > 0 ? counted / seconds : undefined;
}

export function generationDocument(
  { artifact, session, buckets }: LoadedGenerator,
  { tokens, bucket }: ReadPrompt,
  result: GenerationResult,
  file: string | undefined,
) {
  const { model, mode } = artifact;
  const decode = artifact.steps.at(-1);
  const { unused, initialised, resampled } = session.weights;
  return {
    model,
    mode,
    prompt: { tokens, bucket, buckets },
    sequences: result.sequences,
    firstTokenMs: result.firstMs - result.startMs,
    timeMs: result.endMs - result.startMs,
    tokensPerSecond: tokensPerSecond(result),
    dispatchesPerToken: decode === undefined ? undefined : decode.to - decode.from,
    weights: { unused, initialised, resampled },
    file,
  };
}
