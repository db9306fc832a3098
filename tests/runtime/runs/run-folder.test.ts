import { spawn } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { MetricsLog } from "../../../runtime/runs/metrics-log.ts";
import { pruneCheckpoints } from "../../../runtime/runs/prune-checkpoints.ts";
import { checkpointsIn, recoverRun } from "../../../runtime/runs/recover-run.ts";
import { runPaths } from "../../../runtime/runs/run-folder.ts";
import { lockRun } from "../../../runtime/runs/run-lock.ts";
import { nameCheckpoint, writeCheckpoint } from "../../../runtime/runs/write-checkpoint.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-runs-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;
const newRun = () => join(folder, `run-${count++}`);

async function written(run: string, ...steps: readonly number[]): Promise<void> {
  for (const step of steps)
    await writeCheckpoint(run, {
      step,
      files: { "weights.safetensors": [Uint8Array.of(step), Uint8Array.of(1, 2)] },
      look: async () => ({ state: { step, epoch: 0.5 }, metricsBytes: 0 }),
    });
}
const nothing = async () => ({ state: {}, metricsBytes: 0 });
const namesIn = (run: string) => readdirSync(runPaths(run).checkpoints).toSorted();

describe("checkpoints", () => {
  test("come back as they were written", async () => {
    const run = newRun();
    await written(run, 2, 10, 9);
    const { checkpoint, bad, removed } = recoverRun(run);
    expect(checkpoint).toMatchObject({
      name: "step-10",
      step: 10,
      state: { step: 10, epoch: 0.5 },
    });
    expect([...readFileSync(join(checkpoint?.folder ?? "", "weights.safetensors"))]).toEqual([
      10, 1, 2,
    ]);
    expect([bad, removed]).toEqual([[], []]);
    expect(readFileSync(runPaths(run).latest, "utf8")).toBe("step-9\n");
  });

  test("of a run that has none are none", () => {
    expect(recoverRun(newRun())).toEqual({ checkpoint: undefined, bad: [], removed: [] });
  });

  test("take the place of one of the same step", async () => {
    const run = newRun();
    await written(run, 3);
    const files = { "weights.safetensors": [Uint8Array.of(77)] };
    await writeCheckpoint(run, {
      step: 3,
      files,
      look: async () => ({ state: null, metricsBytes: 5 }),
    });
    expect(namesIn(run)).toEqual(["step-3"]);
    expect(recoverRun(run).checkpoint).toMatchObject({ state: null, metricsBytes: 5 });
  });

  test("that fail half-way leave everything as it was", async () => {
    const run = newRun();
    await written(run, 1);
    async function* full() {
      yield Uint8Array.of(1);
      await Promise.resolve();
      throw new Error("the device is gone");
    }
    const content = { step: 2, files: { "a.safetensors": full() }, look: nothing };
    await expect(writeCheckpoint(run, content)).rejects.toThrow("the device is gone");
    expect(namesIn(run)).toEqual(["step-1"]);
    expect(readFileSync(runPaths(run).latest, "utf8")).toBe("step-1\n");
  });

  test("have files of their own folder only", async () => {
    const files = { "../away": [Uint8Array.of(1)] };
    const content = { step: 1, files, look: nothing };
    await expect(writeCheckpoint(newRun(), content)).rejects.toThrow("no name for a file");
  });

  test.each<[string, (checkpoint: string) => void, string]>([
    [
      "a changed byte",
      (at) => writeFileSync(join(at, "weights.safetensors"), "abc"),
      "has other bytes",
    ],
    [
      "a cut file",
      (at) => writeFileSync(join(at, "weights.safetensors"), "a"),
      "has 1 bytes and should have 3",
    ],
    ["a missing file", (at) => rmSync(join(at, "weights.safetensors")), "there is no file"],
    ["no state", (at) => rmSync(join(at, "state.json")), "there is no file"],
    [
      "a cut state",
      (at) => writeFileSync(join(at, "state.json"), '{"state":{},"met'),
      "another form",
    ],
    [
      "a state that leads away",
      (at) => writeFileSync(join(at, "state.json"), stateOf("../../lock")),
      "another form",
    ],
    ["an empty folder", emptyFolder, "there is no file"],
  ])("%s is named and passed over", async (_, damage, reason) => {
    const run = newRun();
    await written(run, 4, 5);
    damage(join(runPaths(run).checkpoints, "step-5"));
    const { checkpoint, bad } = recoverRun(run);
    expect(checkpoint?.step).toBe(4);
    expect(bad.map(({ name }) => name)).toEqual(["step-5"]);
    expect(bad[0]?.reason).toContain(reason);
    await written(run, 5);
    expect(recoverRun(run).checkpoint?.step).toBe(5);
  });

  test("what was half-written goes, what is something else stays", async () => {
    const run = newRun();
    await written(run, 1);
    const { checkpoints } = runPaths(run);
    for (const name of ["step-2.part", "notes", "step-03", "step-1.old.part"])
      mkdirSync(join(checkpoints, name));
    expect(recoverRun(run).removed.toSorted()).toEqual(["step-1.old.part", "step-2.part"]);
    expect(namesIn(run)).toEqual(["notes", "step-03", "step-1"]);
  });

  test("are kept: the last ones and the best", async () => {
    const run = newRun();
    await written(run, 1, 2, 3, 4, 10);
    nameCheckpoint(runPaths(run).best, "step-2");
    expect(pruneCheckpoints(run, 2)).toEqual(["step-1", "step-3"]);
    expect(checkpointsIn(run).map(({ step }) => step)).toEqual([2, 4, 10]);
    expect(pruneCheckpoints(run, 0)).toEqual(["step-4"]);
    expect(checkpointsIn(run).map(({ step }) => step)).toEqual([2, 10]);
  });
});

describe("metrics", () => {
  test("go on where the checkpoint was written", () => {
    const run = newRun();
    const log = MetricsLog.open(run, 0);
    log.append({ step: 1, loss: 2 });
    const stated = log.sync();
    log.append({ step: 2, loss: 1 });
    log.close();
    appendFileSync(runPaths(run).metrics, '{"step":3,"lo');
    const again = MetricsLog.open(run, stated);
    again.append({ step: 2, loss: 1.5 });
    again.close();
    const text = '{"step":1,"loss":2}\n{"step":2,"loss":1.5}\n';
    expect(readFileSync(runPaths(run).metrics, "utf8")).toBe(text);
  });

  test("that are shorter than stated are told", () => {
    const run = newRun();
    MetricsLog.open(run, 0).close();
    expect(() => MetricsLog.open(run, 1)).toThrow("it has 0 bytes, and had 1");
  });
});

describe("the lock", () => {
  test("keeps others out until it is released", () => {
    const run = newRun();
    const lock = lockRun(run);
    expect(() => lockRun(run)).toThrow(`process ${process.pid} has been at work`);
    lock.release();
    lockRun(run).release();
    expect(existsSync(runPaths(run).lock)).toBe(false);
    expect(readdirSync(run)).toEqual([]);
  });

  test.each([
    ["of a process that is gone", { pid: 2 ** 22 + 1, process: "a 1" }],
    ["of an earlier process of the same number", { pid: process.pid, process: "another-boot 1" }],
    ["that nobody can read", undefined],
  ])("%s holds nothing", (_, holder) => {
    const run = newRun();
    mkdirSync(run);
    const since = "2026-01-01T00:00:00.000Z";
    writeFileSync(
      runPaths(run).lock,
      holder === undefined ? "{" : JSON.stringify({ ...holder, since }),
    );
    const lock = lockRun(run);
    expect(readFileSync(runPaths(run).lock, "utf8")).toContain(`"pid":${process.pid}`);
    lock.release();
  });

  test("that is a link to nothing is said to be none", () => {
    const run = newRun();
    mkdirSync(run);
    symlinkSync(join(run, "nothing"), runPaths(run).lock);
    expect(() => lockRun(run)).toThrow("it is no lock, and cannot be taken away");
  });

  test("is not released by whom it does not belong to", () => {
    const run = newRun();
    const lock = lockRun(run);
    writeFileSync(runPaths(run).lock, "somebody else's");
    lock.release();
    expect(existsSync(runPaths(run).lock)).toBe(true);
  });

  test("of a process that is at work elsewhere is respected", async () => {
    const run = newRun();
    mkdirSync(run);
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    try {
      const holder = { pid: child.pid, process: "", since: "2026-01-01T00:00:00.000Z" };
      writeFileSync(runPaths(run).lock, JSON.stringify(holder));
      expect(() => lockRun(run)).toThrow(`process ${child.pid}`);
    } finally {
      child.kill("SIGKILL");
      await new Promise((resolve) => child.on("exit", resolve));
    }
    lockRun(run).release();
  });
});

function stateOf(file: string): string {
  const identity = { bytes: 0, sha256: "0".repeat(64) };
  return JSON.stringify({ state: {}, metricsBytes: 0, files: { [file]: identity } });
}

function emptyFolder(path: string): void {
  rmSync(path, { recursive: true });
  mkdirSync(path);
}
