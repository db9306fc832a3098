import type { Device } from "../../../runtime/device/device.ts";
import { compileCached } from "../compile-cached.ts";
import { CompileError } from "../compile-error.ts";
import type { CompileOptions } from "../compile-options.ts";
import { PlanCache } from "../load/plan-cache.ts";
import { tunedProfile } from "../load/tuned-profile.ts";
import { type GenerationPlan, generationPlan } from "./generation-plan.ts";

interface TemplateRequest extends CompileOptions {
  readonly device: Device;
  readonly tuned?: string | undefined;
}

/**
 * What a mode takes as prompts. Compiles it for none in particular, as a generator does first.
 *
 * @throws {CompileError}, or {RuntimeFault} `not-generating`.
 */
export async function promptPlan(request: TemplateRequest): Promise<GenerationPlan> {
  const profile = tunedProfile(request.device, request.tuned);
  const { artifact, diagnostics } = await compileCached(request, profile, {
    cache: new PlanCache(),
  });
  if (artifact === undefined) throw new CompileError(diagnostics);
  return generationPlan(artifact);
}

/** The template of a mode's dialogues; `undefined` where its prompts are none. */
export async function promptTemplate(request: TemplateRequest): Promise<string | undefined> {
  const { reader } = (await promptPlan(request)).prompt;
  return reader?.name === "chat" ? String(reader.args.template ?? "") : undefined;
}
