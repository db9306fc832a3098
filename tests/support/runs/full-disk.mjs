// Writes metrics into a run's folder until the disk takes no more, under a limit that the shell has set on the size of files, and
// goes on when it is lifted: `node full-disk.mjs DIST RUN`. Prints what happened as JSON.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const [dist, run] = process.argv.slice(2);
const { MetricsLog } = await import(`${dist}/runtime/runs/metrics-log.js`);
const log = MetricsLog.open(run, 0);
const linesIn = () => readFileSync(join(run, "metrics.jsonl"), "utf8").split("\n");
for (let step = 1; step <= 100; step++) log.append({ step, loss: 1 / step });
const whileFull = linesIn();
let refusal = "";
try {
  log.sync();
} catch (error) {
  refusal = error.code;
}
spawnSync("prlimit", ["--pid", String(process.pid), "--fsize=unlimited"]);
log.append({ step: 101, loss: 0 });
const bytes = log.sync();
log.close();
console.log(JSON.stringify({ whileFull, refusal, bytes, after: linesIn() }));
