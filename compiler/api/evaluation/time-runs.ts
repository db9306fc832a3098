import sharp from "sharp";
import { takeInput } from "../../../runtime/given-input.ts";
import { isCounted } from "../../../runtime/row-lengths.ts";
import { Session } from "../../../runtime/session.ts";
import type { Tensor } from "../../../runtime/tensor.ts";
import { compileCached } from "../compile-cached.ts";
import { CompileError } from "../compile-error.ts";
import { promptPlan } from "../generate/prompt-template.ts";
import { PlanCache } from "../load/plan-cache.ts";
import { tunedProfile } from "../load/tuned-profile.ts";
import { openDialogue, openTextGenerator } from "../open-loaded.ts";
import type { EvaluatedModel } from "./evaluated-model.ts";

interface Runs {
  /** That count. */
  readonly runs: number;
  /** Before them, which do not: pipelines, caches and clocks settle there. */
  readonly warmUps: number;
}

/** Seconds of whole runs of a mode, from inputs on this side to outputs on this side. Numbers are random, shapes are not. */
export async function runsOfMode(
  model: EvaluatedModel,
  mode: string,
  { runs, warmUps, batch }: Runs & { readonly batch: number },
): Promise<readonly number[]> {
  const options = { ...model, mode, sizes: { B: batch } };
  const profile = tunedProfile(model.device, model.tuned);
  const { artifact, diagnostics } = await compileCached(options, profile, {
    cache: new PlanCache(),
  });
  if (artifact === undefined) throw new CompileError(diagnostics);
  const session = await Session.create(artifact, model.device, model.weights);
  try {
    const inputs: Record<string, Tensor> = {};
    for (const spec of artifact.inputs)
      if (!isCounted(spec)) inputs[spec.name] = await takeInput(spec, "random:0", undefined);
    return await secondsOf(runs, warmUps, async () => {
      const started = performance.now();
      await session.run(inputs);
      return performance.now() - started;
    });
  } finally {
    session.dispose();
  }
}

/**
 * Seconds that so many tokens take one after the other, greedily, for one image: from the first token on, which the
 * prompt decides.
 */
export async function secondsOfTokens(
  model: EvaluatedModel,
  mode: string,
  { runs, warmUps, newTokens }: Runs & { readonly newTokens: number },
): Promise<readonly number[]> {
  const stream = mode === "chat" ? await chatStream(model) : await captionStream(model, mode);
  try {
    return await secondsOf(runs, warmUps, async () => {
      let started: number | undefined;
      // One more: the first comes with the prompt.
      for await (const _ of stream.begin(newTokens + 1)) started ??= performance.now();
      return performance.now() - (started ?? 0);
    });
  } finally {
    stream.dispose();
  }
}

interface TokenStream {
  readonly begin: (maxNewTokens: number) => AsyncIterable<unknown>;
  readonly dispose: () => void;
}

async function captionStream(model: EvaluatedModel, mode: string): Promise<TokenStream> {
  const plan = await promptPlan({ ...model, mode });
  const named = plan.inputs.filter((spec) => !isCounted(spec));
  const inputs = Object.fromEntries(named.map(({ name }) => [name, "random:0"]));
  const generator = await openTextGenerator({ ...model, mode, inputs, ignoreEnd: true });
  return {
    begin: (maxNewTokens) => generator.stream(inputs, { maxNewTokens }),
    dispose: () => generator.dispose(),
  };
}

async function chatStream(model: EvaluatedModel): Promise<TokenStream> {
  const dialogue = await openDialogue({ ...model, ignoreEnd: true });
  const grey = { width: 32, height: 32, channels: 3, background: "grey" } as const;
  const image = await sharp({ create: grey }).png().toBuffer();
  return {
    async *begin(maxNewTokens) {
      await dialogue.begin(image);
      yield* dialogue.stream("What is this?", { maxNewTokens });
    },
    dispose: () => dialogue.dispose(),
  };
}

async function secondsOf(
  runs: number,
  warmUps: number,
  milliseconds: () => Promise<number>,
): Promise<readonly number[]> {
  for (let run = 0; run < warmUps; run++) await milliseconds();
  const found: number[] = [];
  for (let run = 0; run < runs; run++) found.push((await milliseconds()) / 1000);
  return found;
}
