import type { QuantizedWeight } from "./upload-quantized.ts";

interface QuantizedTotal {
  readonly storage: "int8" | "int4";
  /** As the weights would be stored without quantisation, and as they are, scales included. */
  readonly bytesBefore: number;
  readonly bytes: number;
  /** Norm of what rounding changed over the norm of the weights. */
  readonly error: number;
  /** The weight with the largest relative error. */
  readonly worst: { readonly path: string; readonly error: number };
}

/** All quantised weights together; there is at least one. */
export function quantizedTotal(weights: readonly QuantizedWeight[]): QuantizedTotal {
  const sum = (of: (weight: QuantizedWeight) => number): number =>
    weights.reduce((total, weight) => total + of(weight), 0);
  const worst = weights
    .map((weight) => ({ path: weight.path, error: errorOf(weight) }))
    .reduce((one, other) => (other.error > one.error ? other : one));
  return {
    storage: weights[0]?.storage === "i4" ? "int4" : "int8",
    bytesBefore: sum(({ bytesBefore }) => bytesBefore),
    bytes: sum(({ bytes }) => bytes),
    error: relative(
      sum(({ squaredError }) => squaredError),
      sum(({ squaredNorm }) => squaredNorm),
    ),
    worst,
  };
}

/** For JSON: the total and each weight. */
export function quantizedDocument(weights: readonly QuantizedWeight[]) {
  return {
    ...quantizedTotal(weights),
    tensors: weights.map((weight) => ({
      path: weight.path,
      bytesBefore: weight.bytesBefore,
      bytes: weight.bytes,
      error: errorOf(weight),
    })),
  };
}

function errorOf({ squaredError, squaredNorm }: QuantizedWeight): number {
  return relative(squaredError, squaredNorm);
}

function relative(squaredError: number, squaredNorm: number): number {
  return squaredError === 0 ? 0 : Math.sqrt(squaredError / squaredNorm);
}
