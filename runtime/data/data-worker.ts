import { constants, setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { RuntimeFault } from "../faults.ts";
import { writeSample } from "./batch-layout.ts";
import { openMaker } from "./open-maker.ts";
import type { BadRecord } from "./sample-maker.ts";
import {
  endOfWork,
  type SampleReport,
  type SampleTask,
  type WorkerError,
  type WorkerStart,
} from "./worker-pool.ts";

// A thread that makes samples, a task at a time, in memory that it shares.

/** Samples that are under way at once: pictures are decoded in threads of their own, and this one has others to place. */
const atOnce = 4;

// A software device shares the cores, and waits after each kernel for the last of its threads. Linux alone gives each thread
// a priority of its own; elsewhere this would be that of the whole process.
if (process.platform === "linux") {
  try {
    setPriority(constants.priority.PRIORITY_LOW);
  } catch {
    // Some containers forbid it; then the device waits now and then.
  }
}

const { request, layout, slots } = workerData as WorkerStart;
const maker = openMaker(request);
let last: Promise<void> = Promise.resolve();
parentPort?.on("message", (task: SampleTask | typeof endOfWork) => {
  if (task === endOfWork) process.exit();
  last = last.then(() => run(task)).then((report) => parentPort?.postMessage(report));
});

async function run({ task, slot, first, place, count }: SampleTask): Promise<SampleReport> {
  const bad: BadRecord[] = [];
  const memory = slots[slot];
  try {
    for (let from = 0; from < count && memory !== undefined; from += atOnce) {
      const offsets = Array.from({ length: Math.min(atOnce, count - from) }, (_, n) => from + n);
      const group = offsets.map((offset) => maker.make(first + offset, place + offset));
      // The first that fails is the one that is told, whichever failed first.
      for (const one of group) one.catch(() => {});
      for (const [n, one] of group.entries()) {
        const sample = await one;
        writeSample(layout, memory, place + from + n, sample.made);
        bad.push(...sample.bad);
      }
    }
    return { task, bad, error: undefined };
  } catch (error) {
    return { task, bad, error: passed(error) };
  }
}

function passed(error: unknown): WorkerError {
  if (error instanceof RuntimeFault) {
    const { code, message, hint, exitCode } = error;
    return { kind: "fault", code, message, hint, exitCode };
  }
  return {
    kind: "error",
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
  };
}
