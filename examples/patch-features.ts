// What InternViT sees: the features of each patch of a picture, drawn as colours.
//
//   node dist/examples/patch-features.js [IMAGE] [WEIGHTS]
//
// Patches whose features are alike get like colours: the three directions in which the features differ
// most become red, green and blue. Without weights the model is as its initialisers leave it, and tells
// surfaces apart by texture and colour alone; with the published weights it tells things apart.
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { load, profileText, type RealTensor } from "weft";
import { drawBeside } from "./draw-beside.ts";
import { principalColours } from "./principal-colours.ts";
import { printColours } from "./print-colours.ts";

const [image = fileURLToPath(new URL("scene.jpg", sources()))] = process.argv.slice(2);
const [, weights = "random:7"] = process.argv.slice(2);
const started = performance.now();

const vit = await load<{ pixels: string }, { output: RealTensor }>({
  file: new URL("../models/internvit/internvit.weft", sources()),
  model: "InternViT_Ti",
  mode: "dense",
  set: { image: 448 },
  weights,
});
const { name, isSoftware } = vit.device;
console.log(`InternViT_Ti on ${name}${isSoftware ? " (software: right, but slow)" : ""}\n`);

const { output } = await vit.run({ pixels: image });
console.log(profileText(await vit.profile({ pixels: image }, 1)));
vit.dispose();

const [, rows = 0, columns = 0, width = 0] = output.shape;
const colours = principalColours(output.data, width);
printColours(colours, rows, columns);

mkdirSync("out", { recursive: true });
await drawBeside(image, colours, rows, columns, "out/patch-features.png");
const seconds = ((performance.now() - started) / 1000).toFixed(1);
console.log(
  `\nout/patch-features.png: the picture, and its ${rows} x ${columns} patches by their features (${seconds} s)`,
);

/** This folder among the sources: the picture and the model are not copied to `dist/`. */
function sources(): URL {
  const here = import.meta.url;
  return new URL(here.replace("/dist/examples/", "/examples/"));
}
