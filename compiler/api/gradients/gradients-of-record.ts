import { Session } from "../../../runtime/session.ts";
import type { Tensor } from "../../../runtime/tensor.ts";
import { tokenizerSource } from "../../../runtime/text/load-tokenizer.ts";
import { batchInputs } from "../../../runtime/train/batch-inputs.ts";
import { runBatch } from "../../../runtime/train/run-batch.ts";
import { firstFileOf, parseWeightSource } from "../../../runtime/weights/weight-source.ts";
import type { StageArtifact } from "../../stage-artifact.ts";
import type { Gradients, GradOptions } from "../library-types.ts";
import { checkpointHeader } from "../load/checkpoint-header.ts";
import { tunedProfile } from "../load/tuned-profile.ts";
import { openOn } from "../open-loaded.ts";
import { readGiven } from "../read-given.ts";
import { compileGradients } from "./compile-gradients.ts";
import { gradientsByKey } from "./gradients-by-key.ts";

/** Compiles, loads and runs a phase for one record, and closes what it has opened. */
export function gradientsOfRecord(options: GradOptions): Promise<Gradients> {
  const { weights = "random:0", inputs } = options;
  return openOn(options, async (device, isOwner) => {
    const tokenizer = tokenizerSource(options.tokenizer, firstFileOf(weights), options);
    const given = Object.entries(inputs).map(([name, value]) => ({ name, value }));
    const profile = tunedProfile(device, options.tuned);
    const { artifact } = compileGradients(options, given, profile, tokenizer);
    const tensors = await readGiven({ inputs: batchInputs(artifact) }, inputs, tokenizer);
    const session = await Session.create(artifact, device, parseWeightSource(weights), options);
    try {
      const immediates = { seed: options.seed ?? 0 };
      const budget = artifact.stage.memory?.budget;
      const outputs = await runBatch(session, tensors, { firstSample: 0, immediates }, budget);
      return namedGradients(artifact, outputs, weights);
    } finally {
      session.dispose();
      if (isOwner) device.dispose();
    }
  });
}

/** The outputs of a phase by what they are, gradients by the keys of the checkpoint. */
export function namedGradients(
  artifact: StageArtifact,
  outputs: Readonly<Record<string, Tensor>>,
  weights: string | readonly string[],
): Gradients {
  const number = (name: string): number => outputs[name]?.data[0] ?? Number.NaN;
  return {
    loss: number("loss"),
    watches: Object.fromEntries(artifact.stage.watches.map((name) => [name, number(name)])),
    gradients: gradientsByKey(artifact, outputs, checkpointHeader(weights)?.tensors ?? {}),
  };
}
