import { join } from "node:path";
import { compileFile } from "../../../compiler/api/compile-file.ts";
import type { Tensor } from "../../../runtime/tensor.ts";
import { writeSafetensors } from "../../../runtime/weights/write-safetensors.ts";
import { generator } from "../graphs/random-tensors.ts";
import { weightsIn } from "../graphs/stored-kinds.ts";

interface LoudModel {
  readonly file: string;
  readonly model: string;
  readonly mode: string;
  readonly set: Readonly<Record<string, number>>;
  /** Ids that the language model says most of the time: how many times louder their rows of `lm_head` are. */
  readonly favours?: Readonly<Record<number, number>>;
}

/**
 * Writes weights so large that a token depends on all before it: with those of the initialisers it depends on
 * little but the last.
 */
export function writeLoudWeights(path: string, loud: LoudModel): void {
  const { file, favours = {}, ...options } = loud;
  const root = join(import.meta.dirname, "../../..");
  const { artifact } = compileFile({ ...options, file: join(root, file) });
  const tensors = (artifact ? weightsIn(artifact) : []).map((weight, n): [string, Tensor] => {
    const extents = weight.shape.map(({ size }) => size);
    const count = extents.reduce((product, size) => product * size, 1);
    const next = generator(n + 1);
    const isScale = extents.length === 1 && weight.path.endsWith(".weight");
    const data = Float32Array.from({ length: count }, () =>
      isScale ? 1 : 0.6 * (next() + next() - 1),
    );
    if (weight.path.endsWith("lm_head.weight"))
      for (const [id, times] of Object.entries(favours))
        scaleRow(data, Number(id), extents[1] ?? 0, times);
    return [weight.path, { element: "f32", shape: extents, data }];
  });
  writeSafetensors(path, Object.fromEntries(tensors));
}

function scaleRow(data: Float32Array, row: number, width: number, times: number): void {
  for (let at = row * width; at < (row + 1) * width; at++) data[at] = times * (data[at] ?? 0);
}
