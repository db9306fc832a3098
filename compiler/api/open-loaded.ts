import { Device } from "../../runtime/device/device.ts";
import type { DeviceHandle } from "../../runtime/device/device-handle.ts";
import { openDevice } from "../../runtime/device/open-device.ts";
import { Session } from "../../runtime/session.ts";
import { type TokenizerSource, tokenizerSource } from "../../runtime/text/load-tokenizer.ts";
import { InternalError } from "../diagnostics/internal-error.ts";
import { assertCompilable } from "./compile-cached.ts";
import { CompileError } from "./compile-error.ts";
import { compileForTexts } from "./compile-for-texts.ts";
import type { Examined } from "./examined.ts";
import { chatPlan, chatSizes } from "./generate/chat-plan.ts";
import { ChatSession } from "./generate/chat-session.ts";
import { DialogueOnDevice } from "./generate/dialogue.ts";
import { compileGenerator, openGenerator } from "./generate/open-generator.ts";
import { GeneratorOnDevice } from "./generate/text-generator.ts";
import type { ChatOptions, GeneratorOptions, LoadOptions } from "./library-types.ts";
import { PlanCache } from "./load/plan-cache.ts";
import { tunedProfile } from "./load/tuned-profile.ts";
import { ModeOnDevice } from "./loaded-mode.ts";

/** A mode without steps from its options, which have been looked at, to a device. */
export function openMode<Inputs extends object, Outputs extends object>(
  options: LoadOptions,
): Promise<ModeOnDevice<Inputs, Outputs>> {
  const cache = cacheOf(options);
  return onDevice(options, cache, async (device, isOwner, examined) => {
    const { artifact, diagnostics } = await compileForTexts(
      options,
      tunedProfile(device, options.tuned),
      { cache, onSpan: options.onSpan, examined },
    );
    if (artifact === undefined) throw new CompileError(diagnostics);
    const session = await Session.create(artifact, device, options.weights, options);
    return new ModeOnDevice(session, device, isOwner, tokenizerOf(options));
  });
}

/** The same for a mode that generates. */
export function openTextGenerator(options: GeneratorOptions): Promise<GeneratorOnDevice> {
  const cache = cacheOf(options);
  return onDevice(options, cache, async (device, isOwner, examined) => {
    const tokenizer = tokenizerOf(options);
    const request = { ...options, settings: options, tokenizer, device, cache, examined };
    const program = await compileGenerator(request);
    return new GeneratorOnDevice(await openGenerator(program, request, options), device, isOwner);
  });
}

/** The same for a mode whose prompt is a dialogue. */
export function openDialogue({ mode = "chat", ...given }: ChatOptions): Promise<DialogueOnDevice> {
  const options = { ...given, mode };
  const cache = cacheOf(options);
  return onDevice(options, cache, async (device, isOwner, examined) => {
    const tokenizer = tokenizerOf(options);
    const request = { ...options, settings: options, tokenizer, device, cache, examined };
    const program = await compileGenerator({
      ...request,
      prompts: (plan) => chatSizes(plan, chatPlan(plan)),
    });
    const generator = await openGenerator(program, request, options);
    const { questionTokenizer } = options;
    const session = new ChatSession(generator, chatPlan(program.plan), {
      questionTokenizer:
        questionTokenizer === undefined
          ? tokenizer
          : tokenizerSource(questionTokenizer, undefined, options),
    });
    return new DialogueOnDevice(session, generator, device, isOwner);
  });
}

/** Looks for mistakes before a device is opened. */
async function onDevice<T>(
  options: LoadOptions,
  cache: PlanCache | undefined,
  open: (device: Device, isOwner: boolean, examined: Examined | undefined) => Promise<T>,
): Promise<T> {
  const examined = await assertCompilable(options, { cache, onSpan: options.onSpan });
  return openOn(options, (device, isOwner) => open(device, isOwner, examined));
}

/** Opens the device or takes the one that is open, and closes it again if all fails. */
export async function openOn<T>(
  { device: wanted = "auto" }: Pick<LoadOptions, "device">,
  open: (device: Device, isOwner: boolean) => Promise<T>,
): Promise<T> {
  if (typeof wanted !== "string") return open(openedDevice(wanted), false);
  const device = await openDevice({ select: wanted });
  try {
    return await open(device, true);
  } catch (error) {
    device.dispose();
    throw error;
  }
}

function openedDevice(handle: DeviceHandle): Device {
  if (handle instanceof Device) return handle;
  throw new InternalError("options were not looked at: this is no device");
}

function cacheOf({ cache }: Pick<LoadOptions, "cache">): PlanCache | undefined {
  return cache === false ? undefined : new PlanCache();
}

function tokenizerOf(
  options: Pick<LoadOptions, "tokenizer" | "weights" | "specialTokens">,
): TokenizerSource {
  return tokenizerSource(options.tokenizer, options.weights, options);
}
