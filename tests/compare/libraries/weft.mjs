// Weft through its public API.
import { join } from "node:path";
import { load } from "../../../dist/compiler/cli/library.js";
import { CannotDo } from "../cannot-do.mjs";
import { countCalls } from "../dawn-for-peers.mjs";
import { outIn, readTensors } from "../tensor-files.mjs";

const programs = {
  gemm: { model: "Gemm", mode: "product" },
  block: { model: "OneBlock", mode: "forward" },
  vit: { model: "Vit", mode: "classify", sizes: { B: 8 } },
};

export async function prepare(work, folder, inputs) {
  countCalls();
  const program = programs[work.name];
  if (program === undefined) throw new CannotDo("the public API has no generation yet");
  const mode = await load({
    ...program,
    file: new URL(`../works/${work.name}.weft`, import.meta.url),
    weights: join(folder, outIn),
  });
  const given = readTensors(inputs, (_, tensor) => ({ element: "f32", ...tensor }));
  let last;
  return {
    adapter: mode.device.name,
    // Reads the result back in every run, which jax-js and TensorFlow.js are spared.
    async run() {
      [last] = Object.values(await mode.run(given));
    },
    result: async () => last.data,
  };
}
