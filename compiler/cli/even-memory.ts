import { Session } from "node:inspector";

/** Steps after which all is there that a run needs. */
const firstSteps = 64;
/** By how much memory may grow until what nothing holds any more is collected. */
const growth = 0.005;

/**
 * Keeps the memory of a process even that runs for long. Each step leaves a few objects of WebGPU behind; what they hold
 * outside the heap V8 does not see, and left to itself it collects them after tens of thousands of steps. Gives what is to
 * be called after each step.
 */
export function keepMemoryEven(): () => void {
  const inspector = new Session();
  inspector.connect();
  let steps = 0;
  let collectedAt = 0;
  let usual = 0;
  return () => {
    steps += 1;
    if (steps < firstSteps || (steps - collectedAt) % firstSteps !== 0) return;
    if (usual !== 0 && process.memoryUsage.rss() <= usual * (1 + growth)) return;
    inspector.post("HeapProfiler.collectGarbage");
    collectedAt = steps;
    if (usual === 0) usual = process.memoryUsage.rss();
  };
}
