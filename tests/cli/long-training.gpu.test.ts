import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { env, execPath } from "node:process";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { train } from "../../compiler/api/library.ts";
import type { Device } from "../../runtime/device/device.ts";
import { openTestDevice } from "../support/open-test-device.ts";
import { steadyMetrics } from "../support/runs/steady-metrics.ts";
import { writeTraining } from "../support/runs/training-text.ts";

/** How often the run is killed before it may end, and how many steps a long one has: `10000` for a campaign. */
const kills = Number(env.WEFT_KILLS ?? 1);
const steps = Number(env.WEFT_LONG_TRAINING ?? 400);
// Generous: a kill is a start and a compile, and nothing here is about how long these take.
const timeout = 240_000 + 120 * steps + 120_000 * kills;
const command = join(import.meta.dirname, "..", "..", "bin", "weft.mjs");
const folder = mkdtempSync(join(tmpdir(), "weft-long-training-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const { file, batches, data } = writeTraining(folder);

describe("runs on lavapipe", () => {
  let device: Device | undefined;
  beforeAll(async () => {
    device = await openTestDevice("lavapipe");
  });
  afterAll(() => device?.dispose());

  test(`killed ${kills} times and stopped once, a run has the bytes of one left alone`, {
    timeout,
  }, async (context) => {
    if (device === undefined) return context.skip();
    const [whole, cut] = [join(folder, "whole"), join(folder, "cut")];
    const last = 12 + 12 * kills;
    const own = { file, stage: "fit", data, heldOut: data, device, seed: 7, saveEvery: 1 };
    for await (const _ of await train({ ...own, workers: 0, out: whole, steps: last, keep: 2 }));
    const told = ["--seed", "7", "--save-every", "1", "--keep", "2", "--held-out", data];
    const records = ["--data", data, "--workers", "2"];
    const args = [...argumentsOf(cut, last, records), ...told];
    const milliseconds = randomNumbers(kills, 40);
    let halves = 0;
    for (const [turn, delay] of milliseconds.entries()) {
      // Every fourth waits until a checkpoint is being written, however long that takes on the machine.
      const when =
        turn % 4 === 3 ? () => existsSync(join(cut, "checkpoints")) && partsIn(cut) > 0 : delay;
      const ended = await runUntil([...args, "--resume"], "checkpoint", "SIGKILL", when);
      expect(ended).toBe("SIGKILL");
      halves += partsIn(cut);
    }
    console.log(
      `killed ${milliseconds.join(", ")} ms after a checkpoint, ${halves} times while one was written`,
    );
    // Of many kills some meet the writing of a checkpoint, or the test has shown less than it should.
    if (kills >= 20) expect(halves).toBeGreaterThan(0);
    expect(await runUntil([...args, "--resume"], "checkpoint", "SIGINT", 0)).toBe(0);
    expect(await runUntil([...args, "--resume"], "nothing", "SIGKILL", 0)).toBe(0);
    expect(filesOf(cut, last)).toEqual(filesOf(whole, last));
    expect(steadyMetrics(cut)).toEqual(steadyMetrics(whole));
    expect(readFileSync(join(cut, "best"), "utf8")).toBe(readFileSync(join(whole, "best"), "utf8"));
  });

  test("a run makes no buffer once it has begun", { timeout }, async (context) => {
    if (device === undefined) return context.skip();
    const { gpu } = device;
    let made = 0;
    const create = gpu.createBuffer.bind(gpu);
    gpu.createBuffer = (descriptor) => {
      made += 1;
      return create(descriptor);
    };
    const out = join(folder, "counted");
    const counts = new Set<number>();
    const run = await train({ file, stage: "fit", batches, out, device, steps });
    const { buffers } = run.artifact.program;
    for await (const event of run) if (event.kind === "step") counts.add(made);
    gpu.createBuffer = create;
    expect(counts.size).toBe(1);
    // Beside those of the plan: what brings inputs and weights there, and two for what is logged.
    const [before = 0] = counts;
    expect(before - buffers.length).toBeLessThanOrEqual(4 + 2 * run.artifact.stored.length);
    expect(steadyMetrics(out)).toHaveLength(steps);
  });

  test(`host memory of ${steps} steps stays within 2 % from step 100 on`, {
    timeout,
  }, async (context) => {
    if (device === undefined) return context.skip();
    const args = argumentsOf(join(folder, "long"), steps);
    // Free memory in the arenas of glibc is no memory that is held, and grows with the number of threads that meet there.
    const even = { MALLOC_ARENA_MAX: "1", MALLOC_TRIM_THRESHOLD_: "65536" };
    const child = spawn(execPath, args, {
      stdio: ["ignore", "pipe", "ignore"],
      env: { ...env, ...even },
    });
    const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
    // Between two collections a process holds the garbage of up to 64 steps: what stays is the least of some hundred.
    const least = new Map<number, number>();
    for await (const line of createInterface({ input: child.stdout })) {
      const { kind, step, memory: found } = JSON.parse(line);
      if (kind !== "step" || step < 100) continue;
      const stretch = Math.floor(step / 100);
      least.set(stretch, Math.min(found, least.get(stretch) ?? found));
    }
    expect(await ended).toBe(0);
    // The last step may be a stretch of its own.
    const floors = [...least.values()].slice(0, Math.floor(steps / 100) - 1);
    const [first = 0] = floors;
    const most = Math.max(...floors);
    console.log(
      `${(first / 2 ** 20).toFixed(1)} MiB behind step 100, then ${(most / 2 ** 20).toFixed(1)}`,
    );
    expect(most / first).toBeLessThan(1.02);
  });
});

function argumentsOf(
  run: string,
  last: number,
  records = ["--batches", batches],
): readonly string[] {
  const told = ["--stage", "fit", "--out", run, "--steps", String(last)];
  return [command, "train", file, ...told, ...records, "--json", "--device", "lavapipe"];
}

/**
 * Runs the command, and sends it a signal behind the first event of a kind: some time after it, or as soon as something is
 * true. Gives how it ended.
 */
function runUntil(
  args: readonly string[],
  event: string,
  signal: NodeJS.Signals,
  when: number | (() => boolean),
): Promise<NodeJS.Signals | number | null> {
  const child = spawn(execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let isSent = false;
  child.stdout.on("data", (text) => {
    if (isSent || !String(text).includes(`"kind":"${event}"`)) return;
    isSent = true;
    if (typeof when === "number") setTimeout(() => child.kill(signal), when);
    else {
      const looking = setInterval(() => {
        if (!when() && child.exitCode === null) return;
        clearInterval(looking);
        child.kill(signal);
      }, 1);
    }
  });
  return new Promise((resolve) => child.on("exit", (code, by) => resolve(by ?? code)));
}

/** How many checkpoints were being written. */
function partsIn(run: string): number {
  return readdirSync(join(run, "checkpoints")).filter((name) => name.endsWith(".part")).length;
}

/** Whole numbers below a bound, the same in each run of the test. */
function randomNumbers(count: number, below: number): readonly number[] {
  let state = 1;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  });
}

function filesOf(run: string, step: number): readonly (readonly [string, string])[] {
  const place = join(run, "checkpoints", `step-${step}`);
  const names = readdirSync(place).filter((name) => name.endsWith(".safetensors"));
  return names.sort().map((name) => [name, readFileSync(join(place, name), "hex")]);
}
