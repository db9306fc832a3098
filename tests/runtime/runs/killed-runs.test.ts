import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { env } from "node:process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { MetricsLog } from "../../../runtime/runs/metrics-log.ts";
import { recoverRun } from "../../../runtime/runs/recover-run.ts";
import { lockRun } from "../../../runtime/runs/run-lock.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const script = join(root, "tests", "support", "runs", "write-run.mjs");
const folder = mkdtempSync(join(tmpdir(), "weft-killed-"));
/** How often the run is killed; `WEFT_KILLS=300` for a long campaign. */
const kills = Number(env.WEFT_KILLS ?? 12);

beforeAll(() => {
  expect(spawnSync(process.execPath, [join(root, "bin", "build.mjs")]).status).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test(`a run that is killed ${kills} times loses at most the step at which it was`, {
  timeout: 60_000 + kills * 2_000,
}, async () => {
  const run = join(folder, "run");
  let before = 0;
  let halves = 0;
  for (let turn = 0; turn < kills; turn++) {
    // Later by a few hundred microseconds each time, so that every part of the writing is met.
    const told = await killedAfter(run, 1 + (turn % 3), (turn * 7) % 11);
    const checkpoints = join(run, "checkpoints");
    halves += readdirSync(checkpoints).filter((name) => name.endsWith(".part")).length;
    const { checkpoint, bad } = recoverRun(run);
    expect(bad).toEqual([]);
    expect(readdirSync(checkpoints).filter((name) => name.endsWith(".part"))).toEqual([]);
    const step = checkpoint?.step ?? 0;
    expect(step).toBeGreaterThanOrEqual(told);
    expect(step).toBeGreaterThan(before);
    expect(checkpoint?.state).toEqual({ step });
    const weights = readFileSync(join(checkpoint?.folder ?? "", "weights.safetensors"));
    expect(weights.length).toBe(3 * 65536);
    expect(weights.every((byte) => byte === (step & 0xff))).toBe(true);
    expect(checkpointOf(run, "latest")).toBeGreaterThanOrEqual(step - 1);
    // The lock of a process that is gone holds nobody up, and the metrics end with the checkpoint.
    const lock = lockRun(run);
    MetricsLog.open(run, checkpoint?.metricsBytes ?? 0).close();
    const lines = readFileSync(join(run, "metrics.jsonl"), "utf8").split("\n");
    expect(lines.pop()).toBe("");
    expect(lines.map((line) => JSON.parse(line).step)).toEqual(lines.map((_, at) => at + 1));
    expect(lines.length).toBe(step);
    lock.release();
    before = step;
  }
  // If no kill came while a checkpoint was being written, the test has shown nothing.
  expect(halves).toBeGreaterThan(0);
});

test("metrics wait for room on a full disk, and no line is there by half", (context) => {
  const run = join(folder, "full");
  const full = join(root, "tests", "support", "runs", "full-disk.mjs");
  const command = `ulimit -S -f 2 && exec "$0" "$@"`;
  const told = ["-c", command, process.execPath, full, join(root, "dist"), run];
  if (spawnSync("prlimit", ["--version"]).status !== 0) return context.skip();
  const { stdout, stderr } = spawnSync("bash", told, { encoding: "utf8" });
  const { whileFull, refusal, bytes, after } = JSON.parse(stdout || `"${stderr}"`);
  const stepsOf = (lines: readonly string[]) =>
    lines.slice(0, -1).map((line) => JSON.parse(line).step);
  const upTo = (last: number) => Array.from({ length: last }, (_, n) => n + 1);
  expect(whileFull.at(-1)).toBe("");
  expect(whileFull.length).toBeGreaterThan(10);
  expect(whileFull.length).toBeLessThan(100);
  expect(stepsOf(whileFull)).toEqual(upTo(whileFull.length - 1));
  expect(refusal).toBe("file-unreadable");
  expect(stepsOf(after)).toEqual(upTo(101));
  expect(bytes).toBe(after.join("\n").length);
});

function checkpointOf(run: string, name: string): number {
  return Number(readFileSync(join(run, name), "utf8").trim().replace("step-", ""));
}

/** Starts the run and kills it some milliseconds after so many steps; gives the last step that it told. */
async function killedAfter(run: string, steps: number, delayMs: number): Promise<number> {
  const child: ChildProcess = spawn(process.execPath, [script, join(root, "dist"), run], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  let errors = "";
  child.stderr?.on("data", (text) => {
    errors += text;
  });
  const ended = new Promise<NodeJS.Signals | null>((resolve) => {
    child.on("exit", (_, signal) => resolve(signal));
  });
  child.stdout?.on("data", (text) => {
    said += text;
    if (said.split("\n").length > steps) setTimeout(() => child.kill("SIGKILL"), delayMs);
  });
  expect(await ended, errors).toBe("SIGKILL");
  return Number(said.trimEnd().split("\n").at(-1));
}
