import { scheduleKernel } from "../../../compiler/5-schedule/choose/choose-schedule.ts";
import { quantizeWeights } from "../../../compiler/5-schedule/rewrite/quantize-weights.ts";
import type { Kernel } from "../../../compiler/ir/kernel/kernel.ts";
import { openTestGpu } from "../gpu.ts";
import { seededRandom } from "./compare-kernel.ts";
import { passContext, programOf } from "./fuse-graph.ts";
import { prepareKernel } from "./run-kernel.ts";
import { contraction, randomElements, type SampleKernel } from "./sample-kernels.ts";

/**
 * Times products of one row with weights as f32, int8 and int4 on the first adapter. The three take turns,
 * and the least of many runs counts: other work on the machine delays all of them alike.
 *
 * `node tests/support/kernels/bench-quantized.ts [KxN ...]`
 */
const sizes = process.argv.length > 2 ? process.argv.slice(2) : ["512x32000", "512x1376"];
const runs = 12;
const gpu = await openTestGpu();
if (gpu === undefined) console.log("no adapter");
else {
  console.log(gpu.profile.name);
  for (const size of sizes) {
    const [k = 1, n = 1] = size.split("x").map(Number);
    const plain = contraction(1, k, n);
    const samples = { f32: plain, int8: narrowed(plain, "i8"), int4: narrowed(plain, "i4") };
    const timed = [];
    for (const [width, sample] of Object.entries(samples)) {
      const scheduled = scheduleKernel(sample.kernel, sample.tensors, gpu.profile, () => undefined);
      const given = randomElements(sample, seededRandom(3));
      const kernel = await prepareKernel(gpu, scheduled, sample.tensors, given);
      await kernel.run(1);
      timed.push({ width, scheduled, kernel, wallMs: [] as number[], coreMs: [] as number[] });
    }
    const repeats = Math.max(1, Math.round(3e7 / (k * n)));
    for (let run = 0; run < runs; run++) {
      for (const { kernel, wallMs, coreMs } of timed) {
        const [start, cpu] = [performance.now(), process.cpuUsage()];
        await kernel.run(repeats);
        const { user, system } = process.cpuUsage(cpu);
        wallMs.push((performance.now() - start) / repeats);
        coreMs.push((user + system) / 1000 / repeats);
      }
    }
    const bits = { f32: 32, int8: 9, int4: 5 };
    const [first] = timed;
    for (const { width, scheduled, wallMs, coreMs } of timed) {
      const [wall, core] = [Math.min(...wallMs), Math.min(...coreMs)];
      const faster = Math.min(...(first?.coreMs ?? [])) / core;
      const bytes = (k * n * bits[width as keyof typeof bits]) / 8;
      console.log(
        `1x${size}`.padEnd(14),
        width.padEnd(5),
        scheduled.schedule.padEnd(18),
        `${wall.toFixed(3)} ms, ${core.toFixed(3)} ms of cores (${faster.toFixed(2)} x f32)`,
        `${(bytes / wall / 1e6).toFixed(1)} GB/s`,
      );
    }
    for (const { kernel } of timed) kernel.dispose();
  }
  gpu.device.destroy();
}

function narrowed(sample: SampleKernel, storage: "i8" | "i4"): SampleKernel {
  const program = programOf(sample.tensors, [sample.kernel]);
  const { tensors, kernels } = quantizeWeights.run(
    program,
    passContext({ maxStorageBuffersPerShaderStage: 16 }, { storage, group: 32 }),
  );
  return { ...sample, kernel: kernels[0] as Kernel, tensors };
}
