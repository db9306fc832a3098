import pc from "picocolors";
import type { Device } from "../../runtime/device/device.ts";
import { openDevice } from "../../runtime/device/open-device.ts";
import { RuntimeFault } from "../../runtime/faults.ts";
import { Session, type SessionOptions } from "../../runtime/session.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import { tokenizerSource } from "../../runtime/text/load-tokenizer.ts";
import type { Artifact } from "../artifact.ts";
import type { CompileResult } from "../compile.ts";
import { compileCached } from "./compile-cached.ts";
import { CompileError } from "./compile-error.ts";
import { type CompileOptions, compileFile } from "./compile-file.ts";
import type { PromptInputs } from "./generate/generation-plan.ts";
import {
  compileGenerator,
  type GenerationSettings,
  openGenerator,
} from "./generate/open-generator.ts";
import { TextGenerator, type TextOptions } from "./generate/text-generator.ts";
import { PlanCache } from "./load/plan-cache.ts";
import { tunedProfile } from "./load/tuned-profile.ts";
import { LoadedMode, type RunInput } from "./loaded-mode.ts";
import { type BenchReport, benchText } from "./text/bench-report.ts";

/**
 * Compiles one mode of a model for any WebGPU device. The artifact is plain data: kernels as WGSL, a plan
 * of every byte, shapes of parameters, inputs and outputs by axis name.
 *
 * @throws {CompileError} with all diagnostics, where the file or what was asked of it is wrong.
 */
export function compile(options: CompileOptions): Artifact {
  return artifactIn(compileFile(options));
}

export interface LoadOptions extends CompileOptions, SessionOptions {
  /**
   * `auto` (default): a hardware adapter, else a software one. `hardware`, `software`, part of an
   * adapter's name, or a device that is open already and stays open.
   */
  readonly device?: string | Device;
  /** Take the program from the cache folder if nothing has changed, and keep it there. Default `true`. */
  readonly cache?: boolean;
  /** A table of `weft bench --tune` for the device, or `none`; default: the one in the cache folder. */
  readonly tuned?: string;
  /** A SentencePiece model for inputs that are text; default: `tokenizer.model` beside the weights. */
  readonly tokenizer?: string;
  /** Names of special tokens in texts, such as `</s>`, are those tokens. Default `false`: they are text. */
  readonly specialTokens?: boolean;
}

/**
 * Compiles one mode for a device, makes its pipelines and buffers, and fills its parameters: from the
 * checkpoint `weights`, or by the module's initialisers (`random:SEED`, the default with seed 0; same bits
 * on every machine).
 *
 * @example
 * const vit = await load({ file: "models/internvit/internvit.weft", model: "InternViT_Ti", mode: "forward" });
 * const { output } = await vit.run({ pixels: "photo.jpg" });   // f32 [B, Tok, D], row-major
 * vit.dispose();
 *
 * @throws {CompileError} where the file is wrong; {RuntimeFault} where weights or the device are.
 */
export async function load<Inputs extends object, Outputs extends object>(
  options: LoadOptions,
): Promise<LoadedMode<Inputs, Outputs>> {
  const { device: wanted = "auto" } = options;
  const device = typeof wanted === "string" ? await openDevice({ select: wanted }) : wanted;
  const isOwner = typeof wanted === "string";
  try {
    const kept = options.cache === false ? {} : { cache: new PlanCache() };
    const result = await compileCached(options, tunedProfile(device, options.tuned), {
      ...kept,
      onSpan: options.onSpan,
    });
    const artifact = artifactIn(result);
    const session = await Session.create(artifact, device, options.weights, options);
    const tokenizer = tokenizerSource(options.tokenizer, options.weights, options);
    return new LoadedMode<Inputs, Outputs>(session, device, isOwner, tokenizer);
  } catch (error) {
    if (isOwner) device.dispose();
    throw error;
  }
}

export interface GeneratorOptions
  extends Omit<LoadOptions, "steps" | "sampling" | "permutes">,
    GenerationSettings {
  /** What the prompts will be like: compiles for their length and batch only. Without it, for all lengths. */
  readonly inputs?: PromptInputs;
}

/**
 * Compiles a mode that generates (`step prefill`, `step decode`) with the choice of tokens on the device:
 * greedy, or sampled with `temperature`, `topK` and `topP`, or searched with `beams`, or both.
 *
 * @example
 * const captions = await loadGenerator({ file, model: "InternVL", mode: "caption", weights });
 * for await (const { text } of captions.stream({ pixels: "photo.jpg" })) process.stdout.write(text);
 *
 * @throws {CompileError} where the file is wrong; {RuntimeFault} where weights or the device are.
 */
export async function loadGenerator(options: GeneratorOptions): Promise<TextGenerator> {
  const { device: wanted = "auto" } = options;
  const device = typeof wanted === "string" ? await openDevice({ select: wanted }) : wanted;
  const isOwner = typeof wanted === "string";
  try {
    const request = {
      ...options,
      settings: options,
      tokenizer: tokenizerSource(options.tokenizer, options.weights, options),
      device,
      cache: options.cache === false ? undefined : new PlanCache(),
    };
    const program = await compileGenerator(request);
    return new TextGenerator(await openGenerator(program, request, options), device, isOwner);
  } catch (error) {
    if (isOwner) device.dispose();
    throw error;
  }
}

function artifactIn({ artifact, diagnostics }: CompileResult): Artifact {
  if (artifact === undefined) throw new CompileError(diagnostics);
  return artifact;
}

/** Real numbers of a tensor, row-major. */
export type RealTensor = Extract<Tensor, { readonly element: "f32" }>;
/** Whole numbers from 0 to 2^32 - 1, row-major. */
export type UnsignedTensor = Extract<Tensor, { readonly element: "u32" }>;
/** Whole numbers or truth values (0 and 1) of a tensor, row-major. */
export type IntegerTensor = Exclude<Tensor, RealTensor | UnsignedTensor>;
export type {
  Artifact,
  BenchReport,
  CompileOptions,
  Device,
  LoadedMode,
  RunInput,
  TextGenerator,
  TextOptions,
};
export { CompileError, openDevice, RuntimeFault };

/** The report of `profile` as a table for people. */
export function profileText(report: BenchReport): string {
  return benchText(report, pc.createColors(false));
}
