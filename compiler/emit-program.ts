import type { ScheduledProgram } from "./5-schedule/choose/schedule-program.ts";
import { type KernelWork, workOf } from "./5-schedule/kernel-program/kernel-work.ts";
import { emitKernel } from "./6-emit/wgsl/emit-kernel.ts";
import type { Dispatch, KernelSpec, Program } from "./artifact.ts";
import type { DeviceProfile } from "./ir/device-profile.ts";
import type { KernelProgram } from "./ir/kernel/kernel.ts";
import { kernelLabel, kernelPart } from "./ir/kernel/kernel-label.ts";
import { elementBytes } from "./ir/kernel/tensor-address.ts";

/** The text of each kernel that differs from the others, and a dispatch for each kernel of the program. */
export function emitProgram(
  program: KernelProgram,
  scheduled: ScheduledProgram,
  profile: DeviceProfile,
): Pick<Program, "kernels" | "dispatches"> {
  const emitted = scheduled.kernels.map((kernel) =>
    emitKernel(kernel, program.tensors, scheduled.packingOf, profile),
  );
  const kernels = emitted.map((text, n): KernelSpec => {
    const { kernel, schedule } = scheduled.kernels[n] as ScheduledProgram["kernels"][number];
    const { wgsl, entryPoint, bindings, immediates, features } = text;
    const engine = kernel.engine.kind;
    return {
      name: kernel.name,
      engine,
      schedule,
      wgsl,
      entryPoint,
      bindings,
      immediates,
      features,
    };
  });
  const works = scheduled.kernels.map(({ kernel }) => workOf(kernel, program.tensors));
  const dispatches = program.kernels.map((kernel, n): Dispatch => {
    const use = scheduled.uses[n] as ScheduledProgram["uses"][number];
    const { workgroups } = scheduled.kernels[use.kernel] as ScheduledProgram["kernels"][number];
    const tensors = (emitted[use.kernel]?.tensors ?? []).map(use.tensorFor);
    const shifts = tensors.map((tensor) => use.shiftOf(tensor) * bytesEach(program, tensor));
    return {
      kernel: use.kernel,
      workgroups,
      tensors,
      ...(shifts.some((shift) => shift > 0) && { shifts }),
      label: kernelLabel(kernel),
      part: kernelPart(kernel),
      places: [...new Set(kernel.places.map(({ file, line }) => `${file}:${line}`))],
      ...(works[use.kernel] as KernelWork),
      ...(kernel.isAgain === true && { isAgain: true }),
      holds: kernel.holds,
      endsBecause: kernel.endsBecause,
    };
  });
  return { kernels, dispatches };
}

function bytesEach({ tensors }: KernelProgram, tensor: number): number {
  return elementBytes[tensors[tensor]?.storage ?? "f32"];
}
