import type { DeviceProfile } from "../../ir/device-profile.ts";
import type { KernelProgram } from "../../ir/kernel/kernel.ts";
import { type ReadsOf, rememberedReads } from "../../ir/kernel/kernel-tensors.ts";
import { dropTensors } from "../kernel-program/drop-tensors.ts";
import type { KernelPass } from "../kernel-program/kernel-pass.ts";
import { arenaBytesOf } from "./plan-memory.ts";
import { reuseInPlace } from "./reuse-in-place.ts";

/**
 * Writes results over operands where that saves memory. A tensor that is bound for reading and writing is
 * slower to read, so it is not done for nothing.
 */
export const chooseInPlace: KernelPass = {
  name: "choose-in-place",
  summary: "write results over operands where that saves memory",
  run: (program, { profile, readsOf }) => withReuse(dropTensors(program), profile, readsOf).program,
};

/** The program with results over operands, or without where that is as small; and the bytes of its arenas. */
export function withReuse(
  program: KernelProgram,
  profile: DeviceProfile,
  reads: ReadsOf = rememberedReads(),
): { readonly program: KernelProgram; readonly arenas: number } {
  const separate = arenaBytesOf(program, profile, reads);
  const reused = reuseInPlace(program);
  const { arenas } = arenaBytesOf(reused, profile, reads);
  if (arenas >= separate.arenas) return { program, arenas: separate.arenas };
  return { program: { ...reused, reuse: { lowerBound: separate.lowerBound } }, arenas };
}
