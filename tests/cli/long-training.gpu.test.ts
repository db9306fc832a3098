import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { env, execPath } from "node:process";
import { createInterface } from "node:readline";
import { afterAll, expect, test } from "vitest";
import { train } from "../../compiler/api/library.ts";
import { openTestDevice } from "../support/open-test-device.ts";
import { writeTraining } from "../support/runs/training-text.ts";

const root = join(import.meta.dirname, "..", "..");
const folder = mkdtempSync(join(tmpdir(), "weft-long-training-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
/** `WEFT_LONG_TRAINING=10000` for a long run. */
const steps = Number(env.WEFT_LONG_TRAINING ?? 500);
const timeout = 120_000 + 60 * steps;
const { file, batches } = writeTraining(folder);

test("a run makes no buffer once it has begun", { timeout }, async (context) => {
  const device = await openTestDevice("lavapipe");
  if (device === undefined) return context.skip();
  let made = 0;
  const create = device.gpu.createBuffer.bind(device.gpu);
  device.gpu.createBuffer = (descriptor) => {
    made += 1;
    return create(descriptor);
  };
  const out = join(folder, "counted");
  const counts = new Set<number>();
  const run = await train({ file, stage: "fit", batches, out, device, steps });
  for await (const event of run) if (event.kind === "step") counts.add(made);
  // Those of the plan, what brings inputs and weights there, and two for what is logged.
  const { buffers } = run.artifact.program;
  expect([...counts]).toEqual([made - checkpointBuffers]);
  expect(made - buffers.length).toBeLessThanOrEqual(4 + run.artifact.stored.length);
  device.dispose();
});

/** What brings tensors back for a checkpoint, whose files are written one after the other. */
const checkpointBuffers = 3;

test(`host memory of ${steps} steps stays within 2 % from step 100 on`, {
  timeout,
}, async (context) => {
  const device = await openTestDevice("lavapipe");
  device?.dispose();
  if (device === undefined || !existsSync("/proc/self/status")) return context.skip();
  const told = ["--stage", "fit", "--batches", batches, "--out", join(folder, "long"), "--json"];
  const args = ["train", file, ...told, "--steps", String(steps), "--device", "lavapipe"];
  const child = spawn(execPath, [join(root, "bin", "weft.mjs"), ...args], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
  const memory: number[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const { kind, step } = JSON.parse(line);
    if (kind === "step" && step >= 100 && step % 20 === 0) memory.push(residentBytes(child.pid));
  }
  expect(await ended).toBe(0);
  const [first = 0] = memory;
  console.log(`MiB ${memory.map((bytes) => (bytes / 2 ** 20).toFixed(1)).join(" ")}`);
  expect(Math.max(...memory) / first).toBeLessThan(1.02);
});

function residentBytes(pid: number | undefined): number {
  const [, kibibytes] =
    /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kibibytes) * 1024;
}
