// One start of InternViT-6B: text to pipelines that have run one workgroup each.
//
//   node tests/compare/start-once.mjs DEVICE
import { argv } from "node:process";
import { compileCached } from "../../dist/compiler/api/compile-cached.js";
import { PlanCache } from "../../dist/compiler/api/load/plan-cache.js";
import { deviceProfile } from "../../dist/runtime/device/device-profile.js";
import { openDevice } from "../../dist/runtime/device/open-device.js";
import { Executable } from "../../dist/runtime/execute/executable.js";

const request = {
  file: new URL("../../models/internvit/internvit.weft", import.meta.url),
  model: "InternViT_6B",
  mode: "forward",
};

const stages = { node: performance.now() };

async function timed(stage, work) {
  const start = performance.now();
  const result = await work();
  stages[stage] = performance.now() - start;
  return result;
}

async function compile(device) {
  const { artifact, diagnostics } = await compileCached(request, deviceProfile(device), {
    cache: new PlanCache(),
  });
  if (artifact === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  return artifact.program;
}

/**
 * The first dispatch of each kernel, on buffers of their own size. Parameters of one size share a buffer, so
 * that all of them take 0.5 GB instead of 24; nothing asks what the results are.
 */
function oneOfEach(program) {
  const dispatches = program.kernels.map((_, kernel) =>
    program.dispatches.find((dispatch) => dispatch.kernel === kernel),
  );
  const used = new Set(dispatches.flatMap(({ tensors }) => tensors));
  const numbers = new Map();
  const buffers = [];
  const tensors = program.tensors.map((tensor, index) => {
    if (!used.has(index)) return tensor;
    const { role } = program.buffers[tensor.buffer];
    const key = role === "parameters" ? `parameters of ${tensor.bytes}` : `tensor ${index}`;
    if (!numbers.has(key)) {
      numbers.set(key, buffers.length);
      buffers.push({ name: key, role, bytes: tensor.bytes });
    }
    return { ...tensor, buffer: numbers.get(key), offset: 0 };
  });
  return { ...program, dispatches, tensors, buffers };
}

const device = await timed("device", () => openDevice({ select: argv[2] }));
const program = await timed("compile", () => compile(device));
const executable = await timed("pipelines", () => Executable.create(oneOfEach(program), device));
await timed("firstDispatch", async () => {
  executable.warmUp();
  await device.finish();
});
stages.textToKernels = stages.compile + stages.pipelines + stages.firstDispatch;
stages.process = performance.now();
console.log(
  JSON.stringify({
    stages,
    adapter: device.name,
    kernels: program.kernels.length,
    dispatches: program.dispatches.length,
  }),
);
process.exit(0); // Dawn's threads would keep the process.
