// Times what a library made ready, and hands the numbers to the parent as one line of JSON.
import { writeFileSync } from "node:fs";
import { resourceUsage } from "node:process";
import { counts } from "./peer-packages/dawn-for-peers.mjs";

/**
 * `run` returns once the GPU has finished; `result` is the last one, read back. A library whose calls the
 * counters cannot see says them in its log instead: `logRun`, after the timing. One that works in a process of its own
 * says that one's `peakBytes`.
 */
export async function measure(prepared, runs, resultFile, isCounted) {
  const { run, result, adapter, logRun, chosenTokens, peakBytes } = prepared;
  const started = performance.now();
  await run();
  const output = await result();
  const firstMs = performance.now() - started;
  writeFileSync(resultFile, Buffer.from(output.buffer, output.byteOffset, output.byteLength));
  const times = [];
  const before = { ...counts };
  for (let done = 0; done < runs; done += 1) {
    const start = performance.now();
    await run();
    times.push(performance.now() - start);
  }
  const perRun = Object.entries(before).map(([name, count]) => [
    name,
    (counts[name] - count) / runs,
  ]);
  const peak = peakBytes?.() ?? resourceUsage().maxRSS * 1024;
  const measured = { times, firstMs, peakBytes: peak, adapter };
  if (isCounted) await logRun?.();
  const counted = logRun === undefined && counts.submits > 0 ? Object.fromEntries(perRun) : {};
  return { ...measured, ...counted, tokens: chosenTokens?.() };
}
