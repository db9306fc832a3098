import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeSafetensors } from "../../../runtime/weights/write-safetensors.ts";

/** Steps in the file of batches. */
export const stepsInFile = 6;

/** A layer that learns in pieces, with all that a run carries on: random numbers, moments, a mean of weights, a schedule. */
const text = `
import { drop_path, dropout } from "std/functions"
import { Linear } from "std/layers"
import { AdamW } from "std/optimizers"
import { cosine } from "std/schedules"

model Noisy {
  axis In = 12
  axis Out = 8
  use hidden = Linear<In, In>()
  use head = Linear<In, Out>()

  mode run(x: f32[B, In]) -> [B, Out] {
    head(real(x) + hidden(real(x)))
  }
}

stage fit of Noisy(x: f32[B, In], wanted: f32[B, Out]) {
  loss {
    let kept = dropout(real(x) + drop_path{B}(hidden(real(x)), 0.2), 0.3)
    let error = f32(head(kept)) - wanted
    let worst = max{B, Out}(abs(error))
    mean{B, Out}(error ^ 2)
  }
  watch worst
  train everything else at lr 0.01
  optimizer AdamW()
  schedule cosine(warmup: 2)
  decay 0.1 except vectors
  clip 1.0
  ema 0.9
  steps 12
  batch 4 by 1
}
`;

interface WrittenTraining {
  readonly file: string;
  readonly batches: string;
  /** The same samples as a data set. */
  readonly data: string;
}

/** Writes `noisy.weft`, `noisy.safetensors` with `stepsInFile` batches of four samples, and these as records, into a folder. */
export function writeTraining(folder: string): WrittenTraining {
  const file = join(folder, "noisy.weft");
  writeFileSync(file, text);
  const numbers = (shape: readonly number[], seed: number) => {
    const count = shape.reduce((a, b) => a * b, 1);
    const data = Float32Array.from({ length: count }, (_, n) => Math.sin(7 * n + seed));
    return { element: "f32", shape, data } as const;
  };
  const batches = join(folder, "noisy.safetensors");
  const tensors = {
    x: numbers([stepsInFile, 4, 12], 1),
    wanted: numbers([stepsInFile, 4, 8], 2),
  };
  writeSafetensors(batches, tensors);
  const data = join(folder, "noisy-records.safetensors");
  writeSafetensors(data, {
    x: { ...tensors.x, shape: [stepsInFile * 4, 12] },
    wanted: { ...tensors.wanted, shape: [stepsInFile * 4, 8] },
  });
  return { file, batches, data };
}
