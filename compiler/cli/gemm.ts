import type { Artifact } from "../artifact.ts";
import type { DeviceProfile } from "../ir/device-profile.ts";
import { compileText } from "./compile-text.ts";
import { exitCode, Failure } from "./failure.ts";

/** One matrix product as `--gemm` names it. */
export interface Gemm {
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly precision: "f32" | "f16";
}

/** `257x3200x9600` or `257x3200x9600:f16`. */
export function parseGemm(text: string): Gemm {
  const match = /^([1-9]\d*)x([1-9]\d*)x([1-9]\d*)(?::(f32|f16))?$/.exec(text);
  if (match === null) {
    const hint = "such as 257x3200x9600 or 1024x1024x1024:f16";
    throw new Failure(
      exitCode.usage,
      "bad-option",
      `\`--gemm ${text}\` is not of the form MxKxN[:f16]`,
      hint,
    );
  }
  const [, m, k, n, precision] = match;
  return {
    m: Number(m),
    k: Number(k),
    n: Number(n),
    precision: precision === "f16" ? "f16" : "f32",
  };
}

/** The product as a model of one line, weights on the right as in every linear layer. */
export function gemmArtifact({ m, k, n, precision }: Gemm, profile: DeviceProfile): Artifact {
  const text = `
    import { normal } from "std/initializers"
    model Gemm() {
      axis M = ${m}
      axis K = ${k}
      axis N = ${n}
      param weight: [N, K] = normal(std: 1.0)
      mode m${m}k${k}n${n}(x: [M, K]) -> [M, N] { sum{K}(x * weight) }
    }`;
  return compileText(text, { model: "Gemm", mode: `m${m}k${k}n${n}`, precision, profile });
}
