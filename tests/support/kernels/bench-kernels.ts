import { scheduleKernel } from "../../../compiler/5-schedule/choose/choose-schedule.ts";
import { openTestGpu, type TestGpu } from "../gpu.ts";
import { prepareKernel } from "./run-kernel.ts";
import {
  attention,
  contraction,
  layerNorm,
  patchEmbedding,
  randomElements,
  type SampleKernel,
} from "./sample-kernels.ts";

/**
 * Times the kernels of InternViT and of a small ViT on the first adapter and prints GFLOP/s. An argument
 * filters by name.
 */
const samples: Readonly<Record<string, () => SampleKernel>> = {
  "6B qkv": () => contraction(257, 3200, 9600),
  "6B qkv f16": () => contraction(257, 3200, 9600, { storage: "f16" }),
  "decode, vocabulary": () => contraction(1, 512, 32000),
  "decode, 6B qkv": () => contraction(1, 3200, 9600),
  qkv: () => contraction(1576, 192, 576),
  "mlp in": () => contraction(1576, 192, 768),
  "mlp in, gelu": () => contraction(1576, 192, 768, { epilogue: true }),
  "mlp out": () => contraction(1576, 768, 192),
  "mlp out, odd": () => contraction(1577, 767, 191),
  activations: () => contraction(1024, 1024, 1024, { rightRole: "input" }),
  patches: () => patchEmbedding(224, 16, 192, 8),
  attention: () => attention(8, 3, 197, 64),
  "attention 6B": () => attention(1, 25, 257, 128),
  "attention causal": () => attention(1, 8, 512, 64, { mask: "causal" }),
  norm: () => layerNorm(1576, 192),
  "norm 6B": () => layerNorm(257, 3200),
  "norm few": () => layerNorm(8, 3200),
};

const gpu = await openTestGpu();
if (gpu === undefined) console.log("no adapter");
else {
  console.log(gpu.profile.name);
  const filter = new RegExp(process.argv[2] ?? "");
  for (const [name, make] of Object.entries(samples))
    if (filter.test(name)) await bench(gpu, name, make());
  gpu.device.destroy();
}

async function bench(device: TestGpu, name: string, sample: SampleKernel): Promise<void> {
  let state = 1;
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
  const scheduled = scheduleKernel(sample.kernel, sample.tensors, device.profile, () => undefined);
  const kernel = await prepareKernel(
    device,
    scheduled,
    sample.tensors,
    randomElements(sample, random),
  );
  const atStart = process.cpuUsage();
  const start = performance.now();
  await kernel.run(1);
  const firstMs = performance.now() - start;
  // Mostly the driver's compilation, on one core.
  const { user: firstUser, system: firstSystem } = process.cpuUsage(atStart);
  const repeats = Math.max(1, Math.ceil(30 / firstMs));
  const times: number[] = [];
  const before = process.cpuUsage();
  for (let n = 0; n < 7; n++) {
    const begin = performance.now();
    await kernel.run(repeats);
    times.push((performance.now() - begin) / repeats);
  }
  const { user, system } = process.cpuUsage(before);
  const coreMs = (user + system) / 1000 / (times.length * repeats);
  times.sort((a, b) => a - b);
  const median = times[3] ?? 0;
  const least = times[0] ?? 0;
  const rate = (ms: number): string => (sample.flops / ms / 1e6).toFixed(1).padStart(6);
  console.log(
    name.padEnd(18),
    scheduled.schedule.padEnd(20),
    `first ${firstMs.toFixed(0).padStart(5)} ms (${((firstUser + firstSystem) / 1000).toFixed(0)} of a core)`,
    `median ${median.toFixed(2).padStart(8)} ms ${rate(median)} GFLOP/s`,
    `best ${rate(least)}`,
    // Independent of what else the machine does.
    `per core ${rate(coreMs)}`,
  );
  kernel.dispose();
}
