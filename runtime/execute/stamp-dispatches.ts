import { type PassStamps, type PassTimer, passesPerTimer } from "../device/pass-timer.ts";
import type { DispatchRange, Executable, Immediates } from "./executable.ts";

/** Runs a range of the program once with a pass for every dispatch, stamped by the device's clock. */
export async function stampDispatches(
  executable: Executable,
  timer: PassTimer,
  immediates: Immediates,
  range: DispatchRange,
): Promise<PassStamps[]> {
  const { device } = executable;
  const stamps: PassStamps[] = [];
  for (let { from } = range; from < range.to; from += passesPerTimer) {
    const to = Math.min(from + passesPerTimer, range.to);
    const encoder = device.gpu.createCommandEncoder();
    for (let index = from; index < to; index++)
      executable.encode(encoder, immediates, index, index + 1, timer.writes(index - from));
    timer.resolve(encoder, to - from);
    device.gpu.queue.submit([encoder.finish()]);
    stamps.push(...(await timer.read(to - from)));
  }
  return stamps;
}
