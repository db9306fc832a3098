import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeSafetensors } from "../../../runtime/weights/write-safetensors.ts";

/** Two widths with a part in common, whose weights and records a study has alike; dropout makes every step its own. */
const text = `
import { dropout } from "std/functions"
import { Linear } from "std/layers"
import { AdamW } from "std/optimizers"

model Sorter(rate: float = 0.25) {
  axis In = 6
  axis Hidden = 8
  axis Out = 3
  use up = Linear<In, Hidden>()
  use down = Linear<Hidden, Out>()
  use beside = Linear<In, Out>()
  mode run(x: f32[B, In]) -> [B, Out] {
    down(up(real(x))) + beside(real(x))
  }
}
stage fit of Sorter(x: f32[B, In], wanted: f32[B, Out]) {
  train everything else at lr 0.01
  optimizer AdamW()
  steps 12
  batch 4
  loss {
    let kept = dropout(real(x), rate)
    let error = f32(down(up(kept)) + beside(kept)) - wanted
    mean{B, Out}(error ^ 2)
  }
}
experiment widths of Sorter {
  set Hidden in [4, 16]
  run fit for 12 steps
  seeds 0..2
  report table(params, loss)
}
`;

/** Writes `sorter.weft` and six batches of four records into a folder. */
export function writeSmallStudy(folder: string): {
  readonly file: string;
  readonly batches: string;
} {
  const file = join(folder, "sorter.weft");
  writeFileSync(file, text);
  const numbers = (shape: readonly number[], seed: number) => {
    const count = shape.reduce((a, b) => a * b, 1);
    const data = Float32Array.from({ length: count }, (_, n) => Math.sin(7 * n + seed));
    return { element: "f32", shape, data } as const;
  };
  const batches = join(folder, "sorter.safetensors");
  writeSafetensors(batches, { x: numbers([6, 4, 6], 1), wanted: numbers([6, 4, 3], 2) });
  return { file, batches };
}
