import { join } from "node:path";
import { writeSafetensors } from "../../../runtime/weights/write-safetensors.ts";

/** A layer that learns behind one that is frozen, whose results dropout does not reach. */
export const frozenText = `import { cross_entropy } from "std/losses"
import { dropout } from "std/functions"
import { Linear } from "std/layers"
import { AdamW } from "std/optimizers"
model M(drop: float = 0.3) {
  axis D = 5
  axis E = 6
  axis Class = 7
  axis N = 4
  use see = Linear<D, E>()
  use glue = Linear<E, E>()
  use head = Linear<E, Class>()
  mode run(x: f32[B, N, D]) -> [B, N, E] { see(real(x)) }
}
stage named of M(x: f32[B, N, D], labels: i32[B, N]) {
  loss {
    let seen = tanh(see(real(x)))
    cross_entropy{Class}(head(dropout(glue(seen), drop)), labels)
  }
  train glue, head at lr 1e-2
  freeze see
  optimizer AdamW()
  steps 6
  batch 8
}
`;

/** What one pass over its records has. */
export const frozenPass = { steps: 3, samples: 8, rows: 4 } as const;

/** Writes that pass into a folder: no sample is there twice. */
export function writeFrozenBatches(folder: string): string {
  const { steps, samples, rows } = frozenPass;
  const count = steps * samples * rows;
  const x = Float32Array.from({ length: 5 * count }, (_, n) => Math.sin(1.7 * n));
  const labels = Int32Array.from({ length: count }, (_, n) => (3 * n) % 7);
  const path = join(folder, "batches.safetensors");
  writeSafetensors(path, {
    x: { element: "f32", shape: [steps, samples, rows, 5], data: x },
    labels: { element: "i32", shape: [steps, samples, rows], data: labels },
  });
  return path;
}
