import { memoryLoader } from "../../../compiler/api/load/memory-loader.ts";
import { compile } from "../../../compiler/compile.ts";
import { renderDiagnostics } from "../../../compiler/diagnostics/render.ts";
import type { Device } from "../../../runtime/device/device.ts";
import { deviceProfile } from "../../../runtime/device/device-profile.ts";
import { Session } from "../../../runtime/session.ts";
import type { Tensor } from "../../../runtime/tensor.ts";

/** What a mode of a text gives for these inputs: its only model, compiled for the device and run once. */
export async function runText(
  device: Device,
  text: string,
  inputs: Readonly<Record<string, Tensor>>,
  options: {
    readonly mode?: string;
    readonly sizes?: Readonly<Record<string, number>>;
    readonly precision?: "f32" | "f16";
    /** A file, where it has parameters. */
    readonly weights?: string | undefined;
  } = {},
): Promise<Readonly<Record<string, Tensor>>> {
  const entry = "text.weft";
  const { mode = "forward", weights, ...rest } = options;
  const model = /model (\w+)/.exec(text)?.[1] ?? "";
  const loader = memoryLoader(entry, text);
  const profile = deviceProfile(device);
  const { artifact, diagnostics } = compile({ entry, loader, model, mode, profile, ...rest });
  if (artifact === undefined) throw new Error(renderDiagnostics(diagnostics));
  const session = await Session.create(artifact, device, weights);
  try {
    return await session.run(inputs);
  } finally {
    session.dispose();
  }
}

/** f32 numbers of a shape. */
export function reals(data: readonly number[], ...shape: readonly number[]): Tensor {
  const whole = shape.length === 0 ? [data.length] : shape;
  return { element: "f32", shape: whole, data: Float32Array.from(data) };
}
