import { compileText } from "../api/compile-text.ts";
import type { Artifact } from "../artifact.ts";
import type { DeviceProfile } from "../ir/device-profile.ts";
import type { KernelProgram } from "../ir/kernel/kernel.ts";
import type { Gemm } from "./gemm.ts";

/** The product as a model of one line, weights on the right as in every linear layer. */
export function gemmArtifact(
  { m, k, n, precision }: Gemm,
  profile: DeviceProfile,
  onKernels?: (program: KernelProgram) => void,
): Artifact {
  const text = `
    import { normal } from "std/initializers"
    model Gemm() {
      axis M = ${m}
      axis K = ${k}
      axis N = ${n}
      param weight: [N, K] = normal(std: 1.0)
      mode m${m}k${k}n${n}(x: [M, K]) -> [M, N] { sum{K}(x * weight) }
    }`;
  const told = onKernels === undefined ? {} : { onKernels };
  return compileText(text, { model: "Gemm", mode: `m${m}k${k}n${n}`, precision, profile, ...told });
}
