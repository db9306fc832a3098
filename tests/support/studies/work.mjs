// A worker on a study's folder whose cells compute nothing but hashes: `node work.mjs DIST FOLDER STEP_MS`. Each step's weights
// are the hash of those before, so that a run that goes on wrongly ends with others. Prints a line for each event.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const [dist, folder, stepMs] = process.argv.slice(2);
const load = (name) => import(`${dist}/${name}.js`);
const { workOnStudy } = await load("compiler/api/studies/work/work-on-study");
const { lockRun } = await load("runtime/runs/run-lock");
const { recoverRun } = await load("runtime/runs/recover-run");
const { MetricsLog } = await load("runtime/runs/metrics-log");
const { writeCheckpoint } = await load("runtime/runs/write-checkpoint");

const hash = (...parts) => {
  const all = createHash("sha256");
  for (const part of parts) all.update(part);
  return all.digest();
};
const numberOf = (weights) => weights.readUInt32LE() / 2 ** 32;

async function* train({ cell, seed, out, steps, until = Number.POSITIVE_INFINITY, signal }) {
  const lock = lockRun(out);
  const { checkpoint } = recoverRun(out);
  const log = MetricsLog.open(out, checkpoint?.metricsBytes ?? 0);
  try {
    yield { kind: "opened", bytes: 4096, device: "none" };
    let weights =
      checkpoint === undefined
        ? hash(cell.identity, String(seed))
        : readFileSync(join(checkpoint.folder, "weights.safetensors"));
    let step = checkpoint?.step ?? 0;
    const save = () =>
      writeCheckpoint(out, {
        step,
        files: { "weights.safetensors": [weights] },
        look: async () => ({ state: { step }, metricsBytes: log.sync() }),
      });
    const last = Math.min(steps, until);
    while (step < last && !signal.aborted) {
      await pause(Number(stepMs));
      step += 1;
      weights = hash(weights, String(step));
      const line = { step, samples: 4 * step, loss: numberOf(weights), watches: {} };
      log.append({ ...line, samplesPerSecond: 100, idle: 0 });
      if (step % 4 === 0) await save();
    }
    if (step % 4 !== 0) await save();
    yield { kind: "done", step, samples: 4 * step, isComplete: step >= steps };
  } finally {
    log.close();
    lock.release();
  }
}

async function measure({ run }) {
  const { checkpoint } = recoverRun(run);
  const weights = readFileSync(join(checkpoint.folder, "weights.safetensors"));
  return { values: { "probe.score": numberOf(hash(weights)) }, pictures: [] };
}

const stop = { aborted: false };
process.on("SIGTERM", () => {
  stop.aborted = true;
});
for await (const event of workOnStudy(folder, { train, measure, signal: stop }))
  if (event.kind !== "training") process.stdout.write(`${JSON.stringify(event)}\n`);
