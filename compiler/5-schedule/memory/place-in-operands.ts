import type { DeviceProfile } from "../../ir/device-profile.ts";
import type { KernelProgram } from "../../ir/kernel/kernel.ts";
import type { ProgramTensors } from "../fuse/tensor-table.ts";
import { dropTensors } from "../kernel-program/drop-tensors.ts";
import type { JoinedPrograms } from "../rewrite/join-programs.ts";
import { arenaBytesOf } from "./plan-memory.ts";
import { reuseOperands } from "./reuse-operands.ts";

export interface PlacedProgram extends JoinedPrograms {
  /** The largest live set where every value has a place of its own. */
  readonly lowerBound: number;
}

/**
 * Writes results over operands where that saves memory. A tensor that is bound for reading and writing is
 * slower to read, so it is not done for nothing.
 */
export function placeInOperands(
  program: KernelProgram,
  interfaces: readonly ProgramTensors[],
  profile: DeviceProfile,
): PlacedProgram {
  const apart = arenaBytesOf(program, profile);
  const { lowerBound } = apart;
  const reused = dropTensors(reuseOperands(program), interfaces);
  const isSmaller = arenaBytesOf(reused.program, profile).arenas < apart.arenas;
  return { ...(isSmaller ? reused : { program, interfaces }), lowerBound };
}
