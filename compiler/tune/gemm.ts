import { exitCode, Failure } from "../api/failure.ts";

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
