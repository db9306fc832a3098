import { expect } from "vitest";
import { scheduleKernel } from "../../../compiler/5-schedule/choose/choose-schedule.ts";
import { schedulesOf } from "../../../compiler/5-schedule/engines/scheduling-registry.ts";
import type { DeviceProfile } from "../../../compiler/ir/device-profile.ts";
import { interpretKernels } from "../../../compiler/ir/kernel/interpret-kernel.ts";
import type { EmittedKernel, PackingOf, ScheduledKernel } from "../../../compiler/ir/schedule.ts";
import type { TestGpu } from "../gpu.ts";
import { programOf } from "./fuse-graph.ts";
import { prepareKernel } from "./run-kernel.ts";
import { randomElements, type SampleKernel } from "./sample-kernels.ts";

/** The kernel under one schedule of its engine; a refusal is an error of the test. */
export function scheduledBy(
  name: string,
  sample: SampleKernel,
  profile: DeviceProfile,
  packingOf: PackingOf = () => undefined,
): ScheduledKernel {
  const schedule = schedulesOf(sample.kernel.engine.kind).find((entry) => entry.name === name);
  if (schedule === undefined) throw new Error(`no schedule is called ${name}`);
  const result = schedule.apply(sample.kernel, sample.tensors, profile, packingOf);
  if ("because" in result)
    throw new Error(`${name} refuses ${sample.kernel.name}: ${result.because}`);
  return { ...result, schedule: name, refusals: [] };
}

/** Compiles for any amount of work: a software device would take simple schedules for small samples. */
export function regardlessOfSize(profile: DeviceProfile): DeviceProfile {
  return { ...profile, isSoftware: false };
}

/** Relative error (norm of the difference over the norm) that each storage of a result may show. */
export const tolerances = {
  f32: 2e-6,
  f16: 6e-4,
  bf16: 5e-3,
  i32: 0,
  u32: 0,
  i8: 0,
  i4: 0,
} as const;

/** Runs the kernel on the device and in float64 and compares every tensor that it writes. */
export async function expectLikeInterpreter(
  gpu: TestGpu,
  sample: SampleKernel,
  scheduled: ScheduledKernel,
  options: {
    readonly given?: ReadonlyMap<number, Float64Array>;
    readonly immediates?: Readonly<Record<string, number>>;
    readonly rewrite?: (emitted: EmittedKernel) => EmittedKernel;
  } = {},
): Promise<void> {
  const given = options.given ?? randomElements(sample, seededRandom(7));
  const { immediates, rewrite } = options;
  const kernel = await prepareKernel(gpu, scheduled, sample.tensors, given, immediates, rewrite);
  await kernel.run(1);
  const program = programOf(sample.tensors, [sample.kernel]);
  const wanted = interpretKernels(program, given, options.immediates);
  for (const tensor of new Set(sample.kernel.stores.map((store) => store.tensor))) {
    const error = relativeError(
      await kernel.read(tensor),
      wanted.get(tensor) ?? new Float64Array(),
    );
    const storage = sample.tensors[tensor]?.storage ?? "f32";
    const what = `${sample.kernel.name} by ${scheduled.schedule}, tensor ${tensor}`;
    expect(error, `${what}\n${kernel.emitted.wgsl}`).toBeLessThanOrEqual(tolerances[storage]);
  }
  kernel.dispose();
}

export function relativeError(found: Float64Array, wanted: Float64Array): number {
  if (found.length !== wanted.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let size = 0;
  for (const [place, value] of wanted.entries()) {
    const other = found[place] ?? Number.NaN;
    if (Number.isNaN(other) !== Number.isNaN(value)) return Number.POSITIVE_INFINITY;
    difference += (other - value) ** 2;
    size += value ** 2;
  }
  return difference === 0 ? 0 : Math.sqrt(difference / size);
}

/** Compares a map element by element, relative to the larger of 1 and the exact value. */
export async function expectEach(
  device: TestGpu,
  sample: SampleKernel,
  args: readonly (readonly number[])[],
  tolerance: number,
): Promise<void> {
  const length = sample.tensors[0]?.shape[0] ?? 0;
  const isFloat = sample.tensors[0]?.storage === "f32";
  const given = new Map(
    args.map((values, tensor) => [
      tensor,
      Float64Array.from({ length }, (_, n) => {
        const value = values[n % values.length] ?? 0;
        return isFloat ? Math.fround(value) : value;
      }),
    ]),
  );
  const scheduled = scheduleKernel(sample.kernel, sample.tensors, device.profile, () => undefined);
  const kernel = await prepareKernel(device, scheduled, sample.tensors, given);
  await kernel.run(1);
  const found = await kernel.read(args.length);
  const program = programOf(sample.tensors, [sample.kernel]);
  const wanted = interpretKernels(program, given).get(args.length) ?? new Float64Array();
  for (const [n, value] of wanted.entries()) {
    const list = args.map((values) => values[n % values.length]).join(", ");
    const difference = Math.abs((found[n] ?? Number.NaN) - value);
    const allowed = tolerance * Math.max(1, Math.abs(value));
    expect(
      difference,
      `${sample.kernel.name} (${list}): ${found[n]}, not ${value}`,
    ).toBeLessThanOrEqual(allowed);
  }
  kernel.dispose();
}

/** The same numbers in every run. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
}
