// The forward pass in Weft: vit.weft with the common weights, through the public API.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { load } from "../../dist/compiler/cli/library.js";
import { writeSafetensors } from "../../dist/runtime/weights/write-safetensors.js";
import { countCalls } from "./dawn-for-peers.mjs";
import { measure } from "./measure.mjs";
import { makePixels, makeWeights, vit } from "./vit-weights.mjs";

countCalls();
const folder = mkdtempSync(join(tmpdir(), "weft-compare-"));
const weights = join(folder, "vit.safetensors");
const tensors = Object.entries(makeWeights()).map(([name, { shape, data }]) => [
  name,
  { element: "f32", shape, data },
]);
writeSafetensors(weights, Object.fromEntries(tensors));
const model = await load({
  file: new URL("vit.weft", import.meta.url),
  model: "Vit",
  mode: "classify",
  sizes: { B: vit.batch },
  weights,
});
rmSync(folder, { recursive: true });

const pixels = { element: "f32", ...makePixels() };
let last;
await measure({
  adapter: model.device.name,
  // Reads the logits back in every run, which the others are spared.
  async forward() {
    [last] = Object.values(await model.run({ pixels }));
  },
  logits: async () => last.data,
});
