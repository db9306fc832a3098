import type { DeviceProfile } from "../ir/device-profile.ts";
import { dropTensors } from "./drop-tensors.ts";
import type { FusedProgram } from "./fuse.ts";
import { arenaBytesOf } from "./plan-memory.ts";
import { reuseOperands } from "./reuse-operands.ts";

export interface PlacedProgram extends FusedProgram {
  /** The largest live set where every value has a place of its own. */
  readonly lowerBound: number;
}

/**
 * Writes results over operands where that saves memory. A tensor that is bound for reading and writing is
 * slower to read, so it is not done for nothing.
 */
export function placeInOperands(fused: FusedProgram, profile: DeviceProfile): PlacedProgram {
  const apart = arenaBytesOf(fused.program, profile);
  const { lowerBound } = apart;
  const reused = dropTensors(reuseOperands(fused.program), fused.interface);
  const isSmaller = arenaBytesOf(reused.program, profile).arenas < apart.arenas;
  return { ...(isSmaller ? reused : fused), lowerBound };
}
