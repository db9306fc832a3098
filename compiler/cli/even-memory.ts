import { Session } from "node:inspector";

/** Steps from one look to the next; after the first of them all is there that a run needs. */
const steps = 64;
/** By how much memory may be above the least that it was until what nothing holds any more is collected. */
const growth = 0.005;

/**
 * Keeps the memory of a process even that runs for long. Each step leaves a few objects of WebGPU behind; what they hold
 * outside the heap V8 does not see, and left to itself it collects them after tens of thousands of steps. Gives what is to
 * be called after each step.
 */
export function keepMemoryEven(): () => void {
  const inspector = new Session();
  inspector.connect();
  let done = 0;
  let least = Number.POSITIVE_INFINITY;
  return () => {
    done += 1;
    if (done % steps !== 0) return;
    const found = process.memoryUsage.rss();
    const isFirst = done === steps;
    if (isFirst || found > least * (1 + growth)) inspector.post("HeapProfiler.collectGarbage");
    // Pages that compiling has left go back to the system only after a while.
    least = Math.min(least, found);
  };
}
