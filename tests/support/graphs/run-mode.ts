import { diskLoader } from "../../../compiler/api/load/disk-loader.ts";
import { type CompileRequest, compile } from "../../../compiler/compile.ts";
import { renderDiagnostics } from "../../../compiler/diagnostics/render.ts";
import type { Device } from "../../../runtime/device/device.ts";
import { deviceProfile } from "../../../runtime/device/device-profile.ts";
import { Session } from "../../../runtime/session.ts";
import type { Tensor } from "../../../runtime/tensor.ts";
import { readHeaders } from "../../../runtime/weights/checkpoint.ts";

/** Compiles one mode for a checkpoint and a device, runs it once, and gives its single output. */
export async function runMode(
  device: Device,
  weights: string,
  inputs: Readonly<Record<string, Tensor>>,
  request: Omit<CompileRequest, "loader" | "profile" | "checkpoint">,
): Promise<Tensor> {
  const headers = readHeaders(weights);
  const tensors = Object.fromEntries(
    Object.entries(headers.tensors).map(([key, { shape }]) => [key, shape]),
  );
  const checkpoint = { config: headers.config, tensors };
  const loader = diskLoader(process.cwd());
  const result = compile({ ...request, loader, checkpoint, profile: deviceProfile(device) });
  if (result.artifact === undefined) throw new Error(renderDiagnostics(result.diagnostics));
  const session = await Session.create(result.artifact, device, weights);
  try {
    const { output } = await session.run(inputs);
    if (output === undefined) throw new Error("the mode has no output");
    return output;
  } finally {
    session.dispose();
  }
}

/** Norm of the difference over the norm of what is right. */
export function relativeError(found: ArrayLike<number>, right: ArrayLike<number>): number {
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < right.length; i++) {
    difference += ((found[i] ?? Number.NaN) - (right[i] ?? 0)) ** 2;
    norm += (right[i] ?? 0) ** 2;
  }
  return Math.sqrt(difference / norm);
}
