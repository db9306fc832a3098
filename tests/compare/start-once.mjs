// One start of InternViT-6B: text to pipelines that have run one workgroup each.
//
//   node tests/compare/start-once.mjs DEVICE
import { argv } from "node:process";
import { compileCached } from "../../dist/compiler/cli/compile-cached.js";
import { PlanCache } from "../../dist/compiler/cli/plan-cache.js";
import { deviceProfile } from "../../dist/runtime/device/device-profile.js";
import { openDevice } from "../../dist/runtime/device/open-device.js";
import { Executable } from "../../dist/runtime/execute/executable.js";

const request = {
  file: new URL("../../models/internvit/internvit.weft", import.meta.url),
  model: "InternViT_6B",
  mode: "forward",
};

const stages = { node: performance.now() };
let excluded = 0;

async function timed(stage, work) {
  const start = performance.now();
  const result = await work();
  stages[stage] = performance.now() - start;
  return result;
}

async function compile(options) {
  const { artifact, diagnostics } = await compileCached(options, deviceProfile(device), {
    cache: new PlanCache(),
  });
  if (artifact === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  return artifact;
}

/**
 * The same kernels with the buffers of one block: 0.5 GB instead of 24. Each text of the whole model must be
 * among them, or the measurement would leave something out.
 */
async function oneBlockOf(whole) {
  const { program } = await compile({ ...request, set: { depth: 1 } });
  const texts = new Set(program.kernels.map(({ wgsl }) => wgsl));
  const missing = whole.program.kernels.filter(({ wgsl }) => !texts.has(wgsl));
  if (missing.length > 0)
    throw new Error(`one block lacks ${missing.map(({ name }) => name).join(", ")} of the model`);
  return program;
}

const device = await timed("device", () => openDevice({ select: argv[2] }));
const whole = await timed("compile", () => compile(request));
const start = performance.now();
const program = await oneBlockOf(whole);
excluded += performance.now() - start;
const executable = await timed("pipelines", () => Executable.create(program, device));
await timed("firstDispatch", async () => {
  executable.warmUp();
  await device.finish();
});
stages.textToKernels = stages.compile + stages.pipelines + stages.firstDispatch;
stages.process = performance.now() - excluded;
console.log(
  JSON.stringify({
    stages,
    adapter: device.name,
    kernels: new Set(whole.program.kernels.map(({ wgsl }) => wgsl)).size,
    dispatches: whole.program.dispatches.length,
  }),
);
process.exit(0); // Dawn's threads would keep the process.
