import type { Program } from "../../compiler/artifact.ts";
import type { PassTimer } from "../device/pass-timer.ts";
import type { Executable } from "./executable.ts";
import { durationMs } from "./timestamps.ts";

/** Dispatches of one pass at most. */
const mostRepeats = 64;

/** The same program with its one dispatch several times, so that passes can be long enough to be timed. */
export function repeated(program: Program): Program {
  const [first] = program.dispatches;
  if (first === undefined) return program;
  return { ...program, dispatches: Array.from({ length: mostRepeats }, () => first) };
}

/** Milliseconds of one dispatch in a pass of `count` of them, by the device's clock where there is a timer. */
export async function timeRepeats(
  executable: Executable,
  timer: PassTimer | undefined,
  count: number,
): Promise<number> {
  const { device, program, dispatchCount } = executable;
  const repeats = Math.min(count, dispatchCount);
  const names = program.kernels.flatMap(({ immediates }) => immediates.map(({ name }) => name));
  const immediates = Object.fromEntries(names.map((name) => [name, 1]));
  const encoder = device.gpu.createCommandEncoder();
  executable.encode(encoder, immediates, 0, repeats, timer?.writes(0));
  timer?.resolve(encoder, 1);
  const started = performance.now();
  device.gpu.queue.submit([encoder.finish()]);
  if (timer === undefined) {
    await device.finish();
    return (performance.now() - started) / repeats;
  }
  const [stamps] = await timer.read(1);
  return stamps === undefined ? 0 : durationMs(stamps) / repeats;
}
