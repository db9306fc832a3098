// PyTorch on the CPU, for orientation: trains in a process of Python, where the machine has one with `torch` in it.
import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { env } from "node:process";
import { createInterface } from "node:readline";
import { CannotDo } from "../cannot-do.mjs";
import { outIn } from "../tensor-files.mjs";
import { trainer } from "../works/train.mjs";

const python = env.WEFT_PYTHON ?? "python3";

export async function prepare(work, folder, inputs) {
  if (spawnSync(python, ["-c", "import torch"]).status !== 0)
    throw new CannotDo(`\`${python}\` has no torch; WEFT_PYTHON names another`);
  const child = spawn(python, [join(import.meta.dirname, "train_vit.py")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const said = async (line) => {
    child.stdin.write(`${line}\n`);
    return JSON.parse((await lines.next()).value);
  };
  const { sizes, labels, optimizer } = work;
  const weights = join(folder, outIn);
  const { version, blas, threads } = await said(
    JSON.stringify({ sizes, labels, optimizer, weights, inputs }),
  );
  console.error(`PyTorch ${version}, ${blas}, ${threads} threads`);
  let peakBytes = 0;
  return {
    ...trainer(work, async () => {
      const step = await said("step");
      peakBytes = step.peakBytes;
      return step.loss;
    }),
    peakBytes: () => peakBytes,
  };
}
