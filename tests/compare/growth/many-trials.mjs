/**
 * An experiment over a model of one parameter and a stage of one step, so that planning is all that takes time.
 * `rates`: cells that are all one program. `sizes`: each cell is a program of its own.
 */
export function manyTrials(count, kind) {
  return `import { zeros } from "std/initializers"
import { Sgd } from "std/optimizers"

model Nothing {
  axis Wide = 1
  param scale: [Wide] = zeros()

  mode at(x: f32[B, Wide]) -> f32[B, Wide] {
    f32(scale * real(x))
  }
}

stage fit of Nothing(x: f32[B, Wide]) {
  train everything else at lr 0.01
  optimizer Sgd()
  steps 1
  batch 1
  loss {
    sum{B, Wide}(at(x))
  }
}

experiment many of Nothing {
${varied[kind](count)}
  run fit for 1 steps
  seeds 0..3
}
`;
}

const varied = {
  rates: (count) => `  set lr in 1e-4 to 1e-1 log\n  sample ${count} by latin_hypercube(seed: 0)`,
  sizes: (count) => `  set Wide in [${Array.from({ length: count }, (_, n) => n + 2).join(", ")}]`,
};
