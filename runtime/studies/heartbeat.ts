import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { type Claim, stateNames } from "./claims.ts";

/** Counts on in a file from a thread of its own, so that a minute of compiling is no minute of silence. */
const beating = `
const { workerData } = require("node:worker_threads");
const { writeFileSync } = require("node:fs");
let count = 0;
const beat = () => {
  count += 1;
  // A disk that refuses is told by whatever else is written; the next beat may be taken.
  try { writeFileSync(workerData.path, String(count)); } catch {}
};
beat();
setInterval(beat, workerData.everyMs);
`;

/** Lets the counter of a claim go on until it is stopped. It stands still with the process, however that stands still. */
export function startHeartbeat(
  { folder, attempt }: Claim,
  everyMs: number,
): { readonly stop: () => void } {
  const path = join(folder, stateNames.beat(attempt));
  const thread = new Worker(beating, { eval: true, workerData: { path, everyMs } });
  thread.unref();
  // Without it others may take the task, which is safe: it is only done twice.
  thread.on("error", () => undefined);
  return { stop: () => void thread.terminate() };
}
