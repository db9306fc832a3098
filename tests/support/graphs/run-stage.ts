import { diskLoader } from "../../../compiler/api/load/disk-loader.ts";
import { compileStage, type StageRequest } from "../../../compiler/compile-stage.ts";
import { renderDiagnostics } from "../../../compiler/diagnostics/render.ts";
import type { Device } from "../../../runtime/device/device.ts";
import { deviceProfile } from "../../../runtime/device/device-profile.ts";
import { Session } from "../../../runtime/session.ts";
import type { Tensor } from "../../../runtime/tensor.ts";
import { readHeaders } from "../../../runtime/weights/checkpoint.ts";

/** Compiles one phase of a stage for a checkpoint and a device, and runs it once. */
export async function runStage(
  device: Device,
  weights: string,
  inputs: Readonly<Record<string, Tensor>>,
  request: Omit<StageRequest, "loader" | "profile" | "checkpoint">,
): Promise<Record<string, Tensor>> {
  const headers = readHeaders(weights);
  const tensors = Object.fromEntries(
    Object.entries(headers.tensors).map(([key, { shape }]) => [key, shape]),
  );
  const checkpoint = { config: headers.config, tensors };
  const loader = diskLoader(process.cwd());
  const result = compileStage({ ...request, loader, checkpoint, profile: deviceProfile(device) });
  if (result.artifact === undefined) throw new Error(renderDiagnostics(result.diagnostics));
  const session = await Session.create(result.artifact, device, weights);
  try {
    return await session.run(inputs);
  } finally {
    session.dispose();
  }
}
