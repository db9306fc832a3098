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
  for (const { from, to } of executable.segmentsIn(range).flatMap(inRounds)) {
    await executable.arrive(from);
    const encoder = device.gpu.createCommandEncoder();
    for (let index = from; index < to; index++)
      executable.encode(encoder, immediates, index, index + 1, timer.writes(index - from));
    timer.resolve(encoder, to - from);
    device.gpu.queue.submit([encoder.finish()]);
    stamps.push(...(await timer.read(to - from)));
  }
  return stamps;
}

/** As many dispatches as a timer can stamp before it is read. */
function inRounds({ from, to }: DispatchRange): readonly DispatchRange[] {
  const rounds: DispatchRange[] = [];
  for (let start = from; start < to; start += passesPerTimer)
    rounds.push({ from: start, to: Math.min(start + passesPerTimer, to) });
  return rounds;
}
