// Training that vision transformer: forward, backward and AdamW, again and again on the same eight images.
import { env } from "node:process";
import { vit } from "./vit.mjs";

const { batch, classes } = vit.sizes;

/** Forward passes that a step costs: each product has two gradients. */
const passes = 3;

export const train = {
  ...vit,
  name: "train",
  title: "A step of training that ViT with AdamW, batch 8, f32",
  flops: passes * vit.flops,
  /** For AdamW as train.weft has it. */
  optimizer: { lr: 1e-3, decay: 0.05, beta1: 0.9, beta2: 0.999, eps: 1e-8 },
  /** The class of each image. */
  labels: Array.from({ length: batch }, (_, n) => (n * 37) % classes),
  /** Steps whose losses are compared, the first among them. `WEFT_PEER_LOSSES` is for libraries that take minutes for them. */
  losses: Number(env.WEFT_PEER_LOSSES ?? 20),
  /** ONNX Runtime cannot train: another library says the losses. */
  reference: "jax",
  runs: 3,
};

/**
 * What `measure` asks for, from `step`, which trains once and gives the loss: the results are the losses of the
 * first steps.
 */
export function trainer({ losses }, step) {
  const seen = [];
  const run = async () => {
    seen.push(await step());
  };
  return {
    run,
    async result() {
      while (seen.length < losses) await run();
      return Float32Array.from(seen.slice(0, losses));
    },
  };
}
