// A run that does nothing but write what a run writes, for ever: `node write-run.mjs DIST RUN`. It goes on from what it
// finds, prints each step whose checkpoint is done, and is ended by a kill.
const [dist, run] = process.argv.slice(2);
const load = (name) => import(`${dist}/runtime/runs/${name}.js`);
const { lockRun } = await load("run-lock");
const { recoverRun } = await load("recover-run");
const { MetricsLog } = await load("metrics-log");
const { writeCheckpoint } = await load("write-checkpoint");
const { pruneCheckpoints } = await load("prune-checkpoints");

lockRun(run);
const { checkpoint } = recoverRun(run);
const log = MetricsLog.open(run, checkpoint?.metricsBytes ?? 0);
for (let step = (checkpoint?.step ?? 0) + 1; ; step++) {
  log.append({ step, loss: 1 / step });
  const piece = new Uint8Array(65536).fill(step & 0xff);
  const files = { "weights.safetensors": [piece, piece, piece], "optimizer.safetensors": [piece] };
  const look = async () => ({ state: { step }, metricsBytes: log.sync() });
  await writeCheckpoint(run, { step, files, look });
  pruneCheckpoints(run, 2);
  process.stdout.write(`${step}\n`);
}
