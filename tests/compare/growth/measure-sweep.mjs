import { load, openDevice } from "../../../dist/compiler/api/library.js";
import { median } from "../statistics.mjs";

const file = new URL("../../../models/internvit/internvit.weft", import.meta.url);

/** One point for each value of the sweep. */
export async function measureSweep(sweep, wanted, runs) {
  const device = await openDevice({ select: wanted });
  const points = [];
  for (const value of sweep.values) {
    const at = sweep.at(value);
    console.error(`${sweep.name} ${at} ...`);
    points.push({ at, ...(await measurePoint(sweep.request(value), device, runs)) });
  }
  device.dispose();
  return points;
}

async function measurePoint(request, device, runs) {
  const spans = new Map();
  const mode = await load({
    ...request,
    file,
    model: "InternViT_S",
    mode: "forward",
    device,
    cache: false,
    onSpan: ({ name, startMs, endMs }) => spans.set(name, endMs - startMs),
  });
  const inputs = { pixels: "random:1" };
  await mode.run(inputs); // Software drivers compile at the first dispatch.
  const times = [];
  for (let run = 0; run < runs; run += 1) {
    const start = performance.now();
    await mode.run(inputs);
    times.push(performance.now() - start);
  }
  const { program, macs } = mode.artifact;
  mode.dispose();
  const { arenaBytes, lowerBound, weightBytes } = program.plan;
  const medianMs = median(times);
  return {
    medianMs,
    leastMs: Math.min(...times),
    gflops: (2 * macs) / medianMs / 1e6,
    macs,
    arenaBytes,
    lowerBound,
    weightBytes,
    dispatches: program.dispatches.length,
    compileMs: spans.get("compile"),
    adapter: device.name,
  };
}
