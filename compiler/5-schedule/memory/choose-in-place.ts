import { rememberedReads } from "../../ir/kernel/kernel-tensors.ts";
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
  run: (program, { profile }) => {
    const reads = rememberedReads();
    const separate = arenaBytesOf(program, profile, reads);
    const reused = reuseInPlace(program);
    const isSmaller = arenaBytesOf(reused, profile, reads).arenas < separate.arenas;
    return isSmaller ? { ...reused, reuse: { lowerBound: separate.lowerBound } } : program;
  },
};
