import type { Device } from "../../runtime/device/device.ts";
import { PassTimer } from "../../runtime/device/pass-timer.ts";
import { Executable } from "../../runtime/execute/executable.ts";
import { fillRandom } from "../../runtime/execute/fill-random.ts";
import { repeated, timeRepeats } from "../../runtime/execute/time-repeats.ts";
import type { Program } from "../artifact.ts";

export interface RaceOptions {
  /** Runs of each program that do not count; drivers compile at the first. */
  readonly warmups: number;
  readonly runs: number;
  /** By `performance.now()`: no further run begins after it, once every program has one. */
  readonly deadline: number;
  /** Told when a program has been opened and warmed up. */
  readonly onWarm?: () => void;
}

/** Long enough for the clock. */
const targetMs = 2;
/** What takes that many times the shortest after warming up is not run again. */
const hopeless = 2;

/**
 * The shortest time of each program's one dispatch in microseconds; `undefined` where there was no time.
 * They run in turns, so that what else the machine does slows all of them alike. `given` names the tensors
 * that are filled with random numbers.
 */
export async function racePrograms(
  programs: readonly Program[],
  given: readonly number[],
  device: Device,
  { warmups, runs, deadline, onWarm }: RaceOptions,
): Promise<readonly (number | undefined)[]> {
  const timer = PassTimer.create(device, 1);
  const isOver = () => performance.now() >= deadline;
  const racers: { readonly executable: Executable; leastMs: number; readonly place: number }[] = [];
  try {
    for (const [place, program] of programs.entries()) {
      if (isOver()) break;
      const executable = await Executable.create(repeated(program), device);
      const racer = { executable, place, leastMs: Number.POSITIVE_INFINITY };
      racers.push(racer);
      for (const tensor of given) fillRandom(executable, tensor);
      racer.leastMs = await timeRepeats(executable, timer, 1);
      for (let run = 1; run < warmups && !isOver(); run++) {
        const timeMs = await timeRepeats(executable, timer, 1);
        // The first compiles.
        racer.leastMs = run === 1 ? timeMs : Math.min(racer.leastMs, timeMs);
      }
      onWarm?.();
    }
    const shortest = Math.min(...racers.map(({ leastMs }) => leastMs));
    const count = shortest > 0 ? Math.ceil(targetMs / shortest) : Number.POSITIVE_INFINITY;
    const running = racers.filter(({ leastMs }) => leastMs <= hopeless * shortest);
    for (const racer of running) racer.leastMs = Number.POSITIVE_INFINITY;
    for (let run = 0; run < runs && (run === 0 || !isOver()); run++) {
      for (const racer of running) {
        const timeMs = await timeRepeats(racer.executable, timer, count);
        racer.leastMs = Math.min(racer.leastMs, timeMs);
      }
    }
    return programs.map((_, n) => {
      const racer = racers.find(({ place }) => place === n);
      return racer && racer.leastMs * 1000;
    });
  } finally {
    timer?.dispose();
    for (const { executable } of racers) executable.dispose();
  }
}
