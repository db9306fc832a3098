import { parentPort, workerData } from "node:worker_threads";
import { RuntimeFault } from "../faults.ts";
import { writeSample } from "./batch-layout.ts";
import { openMaker } from "./open-maker.ts";
import type { BadRecord } from "./sample-maker.ts";
import type { SampleReport, SampleTask, WorkerError, WorkerStart } from "./worker-pool.ts";

// A thread that makes samples, a task at a time, in memory that it shares.

const { request, layout, slots } = workerData as WorkerStart;
const maker = openMaker(request);
let last: Promise<void> = Promise.resolve();
parentPort?.on("message", (task: SampleTask) => {
  last = last.then(() => run(task)).then((report) => parentPort?.postMessage(report));
});

async function run({ task, slot, first, place, count }: SampleTask): Promise<SampleReport> {
  const bad: BadRecord[] = [];
  const memory = slots[slot];
  try {
    for (let offset = 0; offset < count && memory !== undefined; offset++) {
      const sample = await maker.make(first + offset, place + offset);
      writeSample(layout, memory, place + offset, sample.made);
      bad.push(...sample.bad);
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
