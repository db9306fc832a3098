import type { Device } from "../../runtime/device/device.ts";
import type { DeviceRates } from "../5-schedule/choose/predict-time.ts";
import {
  type TuningCandidate,
  type TuningPlan,
  type TuningTask,
  tuningCandidates,
} from "../5-schedule/choose/tuning-candidates.ts";
import { isolateKernel } from "../5-schedule/kernel-program/isolate-kernel.ts";
import type { Program } from "../artifact.ts";
import type { DeviceProfile, ScheduleChoice } from "../ir/device-profile.ts";
import type { KernelProgram } from "../ir/kernel/kernel.ts";
import type { KernelTensor } from "../ir/kernel/kernel-tensor.ts";
import { writesOf } from "../ir/kernel/kernel-tensors.ts";
import { buildKernels } from "../pipeline.ts";
import { type RaceOptions, racePrograms } from "./race-programs.ts";

/** A candidate with what it took; `undefined` where the budget was used up before. */
export interface MeasuredCandidate extends TuningCandidate {
  readonly microseconds: number | undefined;
}

export interface TunedKernel {
  readonly task: TuningTask;
  readonly considered: number;
  /** The schedules' own choice first. */
  readonly candidates: readonly MeasuredCandidate[];
  /** The fastest, where it is faster than the schedules' own choice by more than noise. */
  readonly winner: MeasuredCandidate | undefined;
}

interface TuningRequest {
  readonly tasks: readonly (TuningTask & { readonly tensors: readonly KernelTensor[] })[];
  readonly device: Device;
  readonly profile: DeviceProfile;
  readonly rates: DeviceRates;
  readonly budgetMs: number;
  readonly timing?: Pick<RaceOptions, "warmups" | "runs">;
  /** Told when a candidate has run. */
  readonly onMeasured?: (done: number, total: number) => void;
  /** Told after each kernel, so that nothing is lost where the process is ended. */
  readonly onTuned?: (tuned: TunedKernel) => void;
}

/** Less than this is noise. */
const leastGain = 0.03;

const usualTiming = { warmups: 3, runs: 5 };
/** Candidates whose buffers are larger together are not measured in turns. */
const mostBytes = 2 ** 30;

/**
 * Measures a few candidates of each kernel on buffers of its own, one kernel after the other, until the
 * budget is used up. The times are minima, and a winner has to win a second time, beside the loser.
 */
export async function tuneKernels(request: TuningRequest): Promise<readonly TunedKernel[]> {
  const { device, profile, rates, timing = usualTiming } = request;
  const deadline = performance.now() + request.budgetMs;
  const plans = request.tasks
    .map((task) => ({ task, ...tuningCandidates(task.kernel, task.tensors, profile, rates) }))
    // What takes most of a run comes first, as the budget may not reach to the end.
    .toSorted((a, b) => expectedTime(b) - expectedTime(a));
  const total = plans.reduce((sum, { candidates }) => sum + candidates.length, 0);
  let done = 0;
  const results: TunedKernel[] = [];
  for (const { task, considered, candidates } of plans) {
    if (performance.now() >= deadline) break;
    const program = isolateKernel(task.kernel, task.tensors);
    const given = program.tensors.map(({ id }) => id).filter((id) => !isWritten(program, id));
    const programs = candidates.map(({ choice }) => programOf(program, task.key, choice, profile));
    const race = (some: readonly Program[], onWarm?: () => void) =>
      racePrograms(some, given, device, { ...timing, deadline, ...(onWarm && { onWarm }) });
    const times: (number | undefined)[] = [];
    // A kernel with one choice only has nothing to compare.
    for (const batch of candidates.length > 1 ? batches(programs) : []) {
      const onWarm = () => {
        done += 1;
        request.onMeasured?.(done, total);
      };
      times.push(...(await race(batch, onWarm)));
    }
    let best = fastest(times);
    const raced = new Set<number>();
    while (isFaster(times[best], times[0]) && !raced.has(best)) {
      raced.add(best);
      const [own, other] = await race([0, best].flatMap((place) => programs[place] ?? []));
      // The first times were lucky or not; what both took side by side is compared.
      if (own !== undefined && other !== undefined) [times[0], times[best]] = [own, other];
      best = fastest(times);
    }
    const measured = candidates.map(
      (candidate, n): MeasuredCandidate => ({ ...candidate, microseconds: times[n] }),
    );
    const winner = isFaster(times[best], times[0]) ? measured[best] : undefined;
    const tuned = { task, considered, candidates: measured, winner };
    results.push(tuned);
    request.onTuned?.(tuned);
  }
  return results;
}

/** The program of one kernel by one choice, or by what the schedules choose. */
export function programOf(
  program: KernelProgram,
  key: string,
  choice: ScheduleChoice | undefined,
  profile: DeviceProfile,
) {
  const { tuned: _, ...plain } = profile;
  const entry = choice && { ...choice, microseconds: 0, heuristicMicroseconds: 0 };
  return buildKernels(program, entry === undefined ? plain : { ...plain, tuned: { [key]: entry } });
}

/** Of all kernels of this kind, as the model says. */
function expectedTime(plan: TuningPlan & { readonly task: TuningTask }): number {
  return plan.task.count * (plan.candidates[0]?.predictedMicroseconds ?? 0);
}

/** In order, as many together as fit into memory; one at least. */
function batches(programs: readonly Program[]): readonly (readonly Program[])[] {
  const found: Program[][] = [];
  let room = 0;
  for (const program of programs) {
    const bytes = program.buffers.reduce((sum, buffer) => sum + buffer.bytes, 0);
    const last = found.at(-1);
    if (last === undefined || bytes > room) {
      found.push([program]);
      room = mostBytes - bytes;
    } else {
      last.push(program);
      room -= bytes;
    }
  }
  return found;
}

function isWritten({ kernels }: KernelProgram, tensor: number): boolean {
  return kernels.some((kernel) => writesOf(kernel).includes(tensor));
}

function fastest(times: readonly (number | undefined)[]): number {
  const known = times.map((time) => time ?? Number.POSITIVE_INFINITY);
  return known.indexOf(Math.min(...known));
}

function isFaster(time: number | undefined, than: number | undefined): boolean {
  return time !== undefined && than !== undefined && time < than * (1 - leastGain);
}
