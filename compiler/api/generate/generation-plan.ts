import { fault } from "../../../runtime/faults.ts";
import { bucketFor, promptBuckets } from "../../../runtime/generate/buckets.ts";
import { tokenSteps } from "../../../runtime/generate/token-model.ts";
import { isNumberArray, peekGiven } from "../../../runtime/given-input.ts";
import type { InputValue } from "../../../runtime/input-value.ts";
import { isCounted } from "../../../runtime/row-lengths.ts";
import type { TokenizerSource } from "../../../runtime/text/load-tokenizer.ts";
import type { Artifact, InputSpec, StepSpec } from "../../artifact.ts";
import type { StepRequest } from "../../program-options.ts";
import type { PromptInputs } from "./generation-settings.ts";
import { sizesOfInputs } from "./sizes-of-inputs.ts";

/** What a mode needs to be known for, before it is compiled for prompts of some length. */
export interface GenerationPlan {
  /** The input whose last axis are the tokens of the prompt. */
  readonly prompt: InputSpec;
  /** Names of axes: of the tokens, of the sequences. */
  readonly promptAxis: string;
  readonly batchAxis: string;
  /** Names of the two steps. */
  readonly first: string;
  readonly decode: string;
  readonly inputs: readonly InputSpec[];
  /** Positions that the caches hold. */
  readonly slots: number;
}

/** Read off a program of the mode for any sizes. */
export function generationPlan(artifact: Artifact): GenerationPlan {
  const { prompts, decode, token, slots } = tokenSteps(artifact);
  const inputs = prompts[0]?.spec.inputs ?? [];
  const rows = inputs.filter(
    (input) => input.element === "i32" && input.shape.length >= 2 && !isCounted(input),
  );
  const reads = (reader: string) => rows.find((input) => input.reader?.name === reader);
  const prompt = reads("chat") ?? reads("text") ?? rows[0];
  const promptAxis = prompt?.shape.at(-1)?.name;
  const batchAxis = token.shape[0]?.name;
  const first = prompts[0]?.spec;
  const isFree = promptAxis !== undefined && Object.hasOwn(first?.sizes ?? {}, promptAxis);
  if (prompt === undefined || batchAxis === undefined || first === undefined || !isFree)
    throw fault("not-generating", { mode: artifact.mode });
  return {
    prompt,
    promptAxis,
    batchAxis,
    first: first.name,
    decode: decode.spec.name,
    inputs,
    slots,
  };
}

/** Sizes that the inputs decide, without the length of the prompt, and that length. */
export function sizesOfPrompt(
  artifact: Artifact,
  plan: GenerationPlan,
  inputs: PromptInputs,
  said: Readonly<Record<string, number | undefined>>,
  tokenizer: TokenizerSource,
): { readonly sizes: Readonly<Record<string, number>>; readonly tokens: number } {
  const named = Object.entries(inputs).map(([name, value]) => ({
    name,
    value: name === plan.prompt.name ? asPrompt(value) : value,
  }));
  const sizes = sizesOfInputs(artifact, named, said, tokenizer);
  const { [plan.promptAxis]: tokens = 1, ...others } = sizes;
  return { sizes: others, tokens };
}

/** Numbers alone are the tokens of one prompt, as many as there are. */
export function asPrompt(value: InputValue): InputValue {
  return isNumberArray(value) ? { shape: [value.length], data: value } : value;
}

/** How many tokens the prompt has; `otherwise` for random ones, which are as long as one likes. */
export function promptLength(
  plan: GenerationPlan,
  value: InputValue,
  tokenizer: TokenizerSource,
  otherwise: number,
): number {
  const seen = peekGiven(plan.prompt, asPrompt(value), tokenizer);
  return (seen !== undefined && "shape" in seen ? seen.shape.at(-1) : undefined) ?? otherwise;
}

/** The steps to compile: the prompt at each of these sizes, and one token. */
export function stepRequests(
  plan: GenerationPlan,
  prompts: readonly Readonly<Record<string, number>>[],
): readonly StepRequest[] {
  return [
    ...prompts.map((sizes) => ({ name: plan.first, sizes })),
    { name: plan.decode, sizes: {} },
  ];
}

/** The length that a prompt is padded to, or all lengths where the prompts are not known yet. */
export function bucketsOf(plan: GenerationPlan, tokens: number | undefined): readonly number[] {
  const limit = Number.isFinite(plan.slots) ? plan.slots : Math.max(2048, tokens ?? 0);
  const buckets = promptBuckets(limit);
  if (tokens === undefined) return buckets;
  const bucket = bucketFor(tokens, buckets);
  if (bucket === undefined) throw fault("prompt-too-long", { tokens, slots: limit });
  return [bucket];
}

/** Refuses a prompt that, with what the model puts before it, does not fit into the caches. */
export function assertFits(
  { slots, promptAxis }: GenerationPlan,
  { positions, sizes }: StepSpec,
  tokens: number,
): void {
  const before = positions === undefined ? 0 : positions - (sizes[promptAxis] ?? positions);
  if (tokens + before > slots) throw fault("prompt-too-long", { tokens: tokens + before, slots });
}
