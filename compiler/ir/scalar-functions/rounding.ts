import { floatFunction, type Numeric } from "./define-function.ts";
import { rising } from "./ranges.ts";
import { builtin } from "./wgsl-call.ts";

/** Rounding of floats to whole ones. */
export const floor = rounding("floor", Math.floor);
export const ceil = rounding("ceil", Math.ceil);
export const trunc = rounding("trunc", Math.trunc);
export const round = rounding("round", (x = 0) => {
  const near = Math.round(x);
  // `Math.round` takes halves up.
  return Math.abs(x - Math.trunc(x)) === 0.5 ? 2 * Math.round(x / 2) : near;
});

function rounding(name: string, meaning: Numeric) {
  return floatFunction({ meaning, wgsl: builtin(name), range: rising(meaning), cost: 1 });
}
