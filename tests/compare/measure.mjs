// Times one library's forward pass and hands the result to the parent as one line of JSON.
import { writeFileSync } from "node:fs";
import { argv, resourceUsage } from "node:process";
import { counts } from "./dawn-for-peers.mjs";

/** `forward` returns once the GPU has finished; `logits` of its last result, read back. */
export async function measure({ forward, logits, adapter }) {
  const [runs, logitsFile] = [Number(argv[2]), argv[3]];
  const started = performance.now();
  await forward();
  const output = await logits();
  const firstMs = performance.now() - started;
  writeFileSync(logitsFile, Buffer.from(output.buffer, output.byteOffset, output.byteLength));
  const before = { ...counts };
  await forward();
  const perRun = Object.fromEntries(
    Object.keys(counts).map((name) => [name, counts[name] - before[name]]),
  );
  const times = [];
  for (let run = 0; run < runs; run += 1) {
    const start = performance.now();
    await forward();
    times.push(performance.now() - start);
  }
  const peakBytes = resourceUsage().maxRSS * 1024;
  console.log(JSON.stringify({ times, firstMs, peakBytes, adapter, ...perRun }));
  process.exit(0); // Dawn's threads would keep the process.
}
