import type { Device } from "../../../runtime/device/device.ts";
import { assertInputNames } from "../../../runtime/input-names.ts";
import { Session } from "../../../runtime/session.ts";
import type { SessionOptions } from "../../../runtime/session-options.ts";
import type { TokenizerSource } from "../../../runtime/text/load-tokenizer.ts";
import type { Sampling } from "../../2-check/sampling/sampling-settings.ts";
import type { Artifact } from "../../artifact.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { type CacheOptions, compileCached } from "../compile-cached.ts";
import { CompileError } from "../compile-error.ts";
import type { CompileOptions } from "../compile-options.ts";
import { tunedProfile } from "../load/tuned-profile.ts";
import {
  assertFits,
  bucketsOf,
  type GenerationPlan,
  generationPlan,
  sizesOfPrompt,
  stepRequests,
} from "./generation-plan.ts";
import { GenerationProgram } from "./generation-program.ts";
import type { GenerationSettings, PromptInputs } from "./generation-settings.ts";
import { LoadedGenerator } from "./loaded-generator.ts";
import { tokenizerIfAny } from "./tokenizer-if-any.ts";

interface GeneratorRequest extends CompileOptions {
  readonly settings: GenerationSettings;
  /** What the first prompt is: its length decides the program. Without one, all lengths are compiled. */
  readonly inputs?: PromptInputs | undefined;
  /** Instead of `inputs`: sizes of the first step, each a program of its own. */
  readonly prompts?: (plan: GenerationPlan) => readonly Readonly<Record<string, number>>[];
  readonly tokenizer: TokenizerSource;
  readonly device: Device;
  readonly cache?: CacheOptions["cache"] | undefined;
  readonly watch?: CacheOptions["watch"] | undefined;
  readonly examined?: CacheOptions["examined"];
  /** A table of tuned choices, or `none`; without it, the one in the cache folder. */
  readonly tuned?: string | undefined;
  /** Told of warnings. */
  readonly onDiagnostics?: (diagnostics: readonly Diagnostic[]) => void;
}

/** LLaMA's `</s>`, where no tokenizer says otherwise. */
const usualEnd = 2;

/** Compiles a mode for generation: once to see what it takes, and once for the prompts. */
export async function compileGenerator(request: GeneratorRequest): Promise<GenerationProgram> {
  const { settings, inputs, tokenizer, sizes: said = {} } = request;
  const seen = await compiled(request, request);
  const plan = generationPlan(seen);
  const texts = inputs && { ...defaultTexts(plan), ...inputs };
  if (texts !== undefined) assertInputNames(plan.inputs, texts);
  const found = texts && sizesOfPrompt(seen, plan, texts, said, tokenizer);
  const { beams = 1, minNewTokens = 0 } = settings;
  const vocabulary = seen.outputs[0]?.shape.at(-1)?.size ?? 0;
  const ends = settings.ignoreEnd === true ? [] : endsOf(settings, tokenizer, vocabulary);
  const batch = (said[plan.batchAxis] ?? found?.sizes[plan.batchAxis] ?? 1) * beams;
  const prompts =
    request.prompts?.(plan) ??
    bucketsOf(plan, found && (said[plan.promptAxis] ?? found.tokens)).map((length) => ({
      [plan.promptAxis]: length,
    }));
  const artifact = await compiled(
    {
      ...request,
      sizes: { ...found?.sizes, ...said, [plan.batchAxis]: batch },
      steps: stepRequests(plan, prompts),
      sampling: samplingOf(settings, ends, vocabulary, plan.prompt.name),
    },
    request,
  );
  const [first] = artifact.steps;
  // Before weights are read, which may take minutes.
  if (found !== undefined && first !== undefined) assertFits(plan, first, found.tokens);
  return new GenerationProgram(artifact, plan, { beams, minNewTokens, ends }, tokenizer);
}

/** The same on its device, with its weights. */
export async function openGenerator(
  program: GenerationProgram,
  { weights = "random:0", device }: Pick<GeneratorRequest, "weights" | "device">,
  options: SessionOptions = {},
): Promise<LoadedGenerator> {
  const permutes = program.decoding.beams > 1;
  const all = { ...options, permutes };
  return new LoadedGenerator(await Session.create(program.artifact, device, weights, all), program);
}

/** Texts that the mode takes where none is given. */
export function defaultTexts({ inputs }: GenerationPlan): PromptInputs {
  return Object.fromEntries(
    inputs.flatMap(({ name, reader }) => {
      const text = reader?.name === "text" ? reader.args.default : undefined;
      return typeof text === "string" ? [[name, text] as const] : [];
    }),
  );
}

function endsOf(
  { ends }: GenerationSettings,
  tokenizer: TokenizerSource,
  vocabulary: number,
): readonly number[] {
  if (ends !== undefined) return ends;
  const known = tokenizerIfAny(tokenizer);
  const end = known === undefined ? usualEnd : known.eosId;
  return end !== undefined && end < vocabulary ? [end] : [];
}

function samplingOf(
  settings: GenerationSettings,
  ends: readonly number[],
  vocabulary: number,
  prompt: string,
): Sampling {
  const { beams = 1, temperature, topK, topP, minNewTokens = 0, keepLogits = false } = settings;
  const { repetitionPenalty = 1 } = settings;
  const penalty = repetitionPenalty === 1 ? {} : { repetitionPenalty, prompt };
  const common = { ends, minNewTokens, keepLogits, ...penalty };
  const isGreedy = temperature === undefined && topK === undefined && topP === undefined;
  const warped = { temperature: temperature ?? 1, topK: topK ?? 0, topP: topP ?? 1 };
  if (beams === 1)
    return isGreedy ? { ...common, choose: "greedy" } : { ...common, choose: "sample", ...warped };
  // Twice as many as beams, so that enough are left where half of them end.
  const wanted = Math.max(2, 1 + ends.length) * beams + ends.length;
  const candidates = Math.min(vocabulary, wanted);
  return isGreedy
    ? { ...common, choose: "candidates", candidates }
    : { ...common, choose: "draws", candidates, ...warped };
}

async function compiled(options: CompileOptions, request: GeneratorRequest): Promise<Artifact> {
  const profile = tunedProfile(request.device, request.tuned);
  const { artifact, diagnostics } = await compileCached(options, profile, {
    cache: request.cache,
    watch: request.watch,
    examined: request.examined,
  });
  if (artifact === undefined) throw new CompileError(diagnostics);
  if (diagnostics.length > 0) request.onDiagnostics?.(diagnostics);
  return artifact;
}
