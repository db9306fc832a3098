import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStudy } from "../../../compiler/api/studies/folder/open-study.ts";
import { readTaskState, tasksOf } from "../../../compiler/api/studies/folder/study-tasks.ts";
import { submitArray } from "../../../compiler/api/studies/launchers/slurm-array.ts";
import { readStudyResults } from "../../../compiler/api/studies/read-study-results.ts";
import type { WorkEvent } from "../../../compiler/api/studies/work/cell-work.ts";
import { makeCell, makeStudy, text } from "../../support/studies/make-study.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const script = join(root, "tests", "support", "studies", "work.mjs");
const folder = mkdtempSync(join(tmpdir(), "weft-shared-study-"));
const file = join(folder, "line.weft");

beforeAll(() => {
  writeFileSync(file, text);
  expect(spawnSync(process.execPath, [join(root, "bin", "build.mjs")]).status).toBe(0);
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Fast for a test, slow for a machine that is busy: a worker that is only late loses nothing but time. */
const pace = { beatMs: 200, silentMs: 3_000, lookMs: 100 };

async function newStudy(name: string, cells: number) {
  const out = join(folder, name);
  const study = makeStudy(Array.from({ length: cells }, (_, n) => makeCell(`cell${n}`)));
  const opening = { file, training: {}, resume: false, pace };
  const document = await openStudy(out, study, opening);
  return { out, document, tasks: tasksOf(out, document) };
}

interface Working {
  readonly child: ChildProcess;
  readonly events: WorkEvent[];
  readonly ended: Promise<void>;
  readonly errors: () => string;
}

function startWorker(out: string, stepMs: number): Working {
  const args = [script, join(root, "dist"), out, String(stepMs)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  const events: WorkEvent[] = [];
  let [rest, errors] = ["", ""];
  child.stdout.on("data", (chunk) => {
    const lines = (rest + String(chunk)).split("\n");
    rest = lines.pop() ?? "";
    events.push(...lines.map((line) => JSON.parse(line) as WorkEvent));
  });
  child.stderr.on("data", (chunk) => {
    errors += String(chunk);
  });
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
  return { child, events, ended, errors: () => errors };
}

async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1200 && !condition(); turn++) await pause(50);
  expect(condition()).toBe(true);
}

/** Results without what differs from one time to the next. */
function tables(out: string) {
  return readStudyResults(out).cells.map(({ cell, isCurrent, runs }) => ({
    cell: cell.name,
    isCurrent,
    runs: runs.map(({ stepMs: _, history, ...run }) => ({
      ...run,
      history: history.map(({ minutes: __, ...point }) => point),
    })),
  }));
}

test("four workers on one folder, two killed and one stopped for too long: each result once, none lost", {
  timeout: 240_000,
}, async () => {
  const alone = await newStudy("alone", 5);
  const single = startWorker(alone.out, 0);
  await single.ended;
  expect(single.errors()).toBe("");
  const shared = await newStudy("shared", 5);
  const workers = Array.from({ length: 4 }, () => startWorker(shared.out, 100));
  const [first, second, third, fourth] = workers as [Working, Working, Working, Working];
  const isBusy = ({ events }: Working) =>
    events.filter(({ kind }) => kind === "begun").length > 0 && events.at(-1)?.kind === "begun";
  await until(() => isBusy(third));
  third.child.kill("SIGSTOP");
  const stopped = third.events.at(-1);
  await until(() => isBusy(first));
  first.child.kill("SIGKILL");
  await until(() => isBusy(second));
  second.child.kill("SIGKILL");
  // Until others have taken what the stopped one was at.
  await until(() =>
    fourth.events.some(
      (event) =>
        event.kind === "begun" &&
        event.attempt > 1 &&
        event.cell === stopped?.cell &&
        event.seed === stopped?.seed,
    ),
  );
  third.child.kill("SIGCONT");
  await Promise.all([third.ended, fourth.ended]);
  expect(third.errors() + fourth.errors()).toBe("");
  const published = workers.flatMap(({ events }) => events.filter(({ kind }) => kind === "done"));
  const names = published.map(({ cell, seed }) => `${cell}/${seed}`);
  expect(new Set(names).size).toBe(names.length);
  for (const { paths } of shared.tasks) {
    const states = readdirSync(paths.state);
    expect(states.filter((name) => name === "done.json")).toHaveLength(1);
    expect(states.filter((name) => name.startsWith("attempt-"))).toEqual([]);
    expect(states.filter((name) => name.endsWith(".part"))).toEqual([]);
    expect(existsSync(join(paths.run, "measures.json"))).toBe(true);
  }
  const lost = third.events.filter(({ kind }) => kind === "lost");
  expect(lost).toMatchObject([{ cell: stopped?.cell, seed: stopped?.seed }]);
  // Everything was told once but what the killed ones may have published last.
  expect(names.length).toBeGreaterThanOrEqual(shared.tasks.length - 2);
  expect(tables(shared.out)).toEqual(tables(alone.out));
});

test("a study whose worker is killed at five moments and begun again has the tables of one left alone", {
  timeout: 240_000,
}, async () => {
  const alone = await newStudy("undisturbed", 3);
  await startWorker(alone.out, 0).ended;
  const killed = await newStudy("killed", 3);
  let attempts = 0;
  for (let turn = 0; turn < 5; turn++) {
    const worker = startWorker(killed.out, 30);
    await until(() => worker.events.length > 0);
    await pause(40 + ((turn * 137) % 400));
    worker.child.kill("SIGKILL");
    await worker.ended;
    attempts = Math.max(
      attempts,
      ...worker.events.flatMap((e) => (e.kind === "begun" ? [e.attempt] : [])),
    );
  }
  const last = startWorker(killed.out, 0);
  await last.ended;
  expect(last.errors()).toBe("");
  // If no kill came in the middle of a cell, the test has shown nothing.
  expect(attempts).toBeGreaterThan(1);
  expect(tables(killed.out)).toEqual(tables(alone.out));
  const [task] = killed.tasks;
  const weights = (out: string) => {
    const run = join(out, "cells", String(task?.paths.run.split("/").at(-2)), "seed-0");
    return readFileSync(join(run, "checkpoints", "step-12", "weights.safetensors"));
  };
  expect(weights(killed.out)).toEqual(weights(alone.out));
});

test("a worker that is told to stop leaves a checkpoint, and another goes on at once", {
  timeout: 120_000,
}, async () => {
  const { out, tasks } = await newStudy("left", 1);
  const worker = startWorker(out, 100);
  await until(() => worker.events.length > 0);
  await pause(300);
  worker.child.kill("SIGTERM");
  await worker.ended;
  expect(worker.events.map(({ kind }) => kind)).toEqual(["begun", "left"]);
  const before = readFileSync(join(tasks[0]?.paths.attempt(1) ?? "", "metrics.jsonl"), "utf8");
  const next = startWorker(out, 0);
  await next.ended;
  expect(next.events[0]).toMatchObject({ kind: "begun", attempt: 2 });
  const after = readFileSync(join(tasks[0]?.paths.run ?? "", "metrics.jsonl"), "utf8");
  expect(after.startsWith(before)).toBe(true);
  expect(after.trim().split("\n")).toHaveLength(12);
});

test("Slurm is handed an array with a task for each run that is left, and a task works on its own", {
  timeout: 240_000,
}, async (context) => {
  if (process.platform === "win32") return context.skip();
  const { out, document, tasks } = await newStudy("array", 3);
  const { PATH } = process.env;
  const told = join(folder, "sbatch-told");
  // A stand-in: it says a number as Slurm does, and keeps what it was given.
  writeFileSync(join(folder, "sbatch"), `#!/bin/sh\necho "$@" > '${told}'\necho '4242;main'\n`, {
    mode: 0o755,
  });
  process.env.PATH = `${folder}:${PATH}`;
  try {
    const request = { jobs: 2, only: undefined };
    expect(submitArray(out, document, request).note).toContain(
      "job 4242 with 6 tasks, 2 at a time",
    );
    writeFileSync(join(folder, "sbatch"), "#!/bin/sh\necho 'no partition' >&2\nexit 1\n");
    expect(() => submitArray(out, document, request)).toThrow("no partition");
  } finally {
    process.env.PATH = PATH;
  }
  const script = join(out, "workers", "job.sh");
  expect(readFileSync(told, "utf8")).toBe(`--parsable ${script}\n`);
  const lines = readFileSync(script, "utf8").split("\n");
  expect(lines).toContain("#SBATCH --array=0-5%2");
  expect(lines).toContain("#SBATCH --signal=B:TERM@120");
  const env = { ...process.env, SLURM_ARRAY_TASK_ID: "4" };
  const { status, stderr } = spawnSync("sh", [script], { env, encoding: "utf8" });
  // The text has no experiment, so the cell fails: that one and no other.
  expect(status, stderr).toBe(1);
  expect(stderr).toContain("cell1, seed 1: failed");
  const states = tasks.map((task) => readTaskState(task).kind);
  expect(states).toEqual(["waiting", "waiting", "waiting", "waiting", "failed", "waiting"]);
});
