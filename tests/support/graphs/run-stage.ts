import { namedGradients } from "../../../compiler/api/gradients/gradients-of-record.ts";
import { checkpointHeader } from "../../../compiler/api/load/checkpoint-header.ts";
import { diskLoader } from "../../../compiler/api/load/disk-loader.ts";
import { compileStage, type StageRequest } from "../../../compiler/compile-stage.ts";
import { renderDiagnostics } from "../../../compiler/diagnostics/render.ts";
import type { Device } from "../../../runtime/device/device.ts";
import { deviceProfile } from "../../../runtime/device/device-profile.ts";
import { Session } from "../../../runtime/session.ts";
import type { Tensor } from "../../../runtime/tensor.ts";
import { runBatch } from "../../../runtime/train/run-batch.ts";
import { parseWeightSource } from "../../../runtime/weights/weight-source.ts";

/**
 * Compiles one phase of a stage for a checkpoint and a device, and runs it once: the loss, what is watched, and
 * gradients by the keys of the checkpoint. `configFile` stands for the `config.json` beside it.
 */
export async function runStage(
  device: Device,
  weights: string | readonly string[],
  inputs: Readonly<Record<string, Tensor>>,
  request: Omit<StageRequest, "loader" | "profile" | "checkpoint">,
  configFile?: string,
): Promise<Record<string, Tensor>> {
  const checkpoint = checkpointHeader(weights, configFile);
  const loader = diskLoader(process.cwd());
  const result = compileStage({ ...request, loader, checkpoint, profile: deviceProfile(device) });
  if (result.artifact === undefined) throw new Error(renderDiagnostics(result.diagnostics));
  const session = await Session.create(result.artifact, device, parseWeightSource(weights));
  try {
    const outputs = await runBatch(session, inputs, { firstSample: 0 });
    const { loss, watches, gradients } = namedGradients(result.artifact, outputs, weights);
    const scalars = Object.entries({ loss, ...watches }).map(([name, value]) => {
      return [name, { element: "f32", shape: [], data: Float32Array.of(value) }] as const;
    });
    return { ...Object.fromEntries(scalars), ...gradients };
  } finally {
    session.dispose();
  }
}
