import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execPath, platform } from "node:process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeSafetensors } from "../../../compiler/api/library.ts";
import { openTestDevice } from "../../support/open-test-device.ts";

const command = join(import.meta.dirname, "..", "..", "..", "bin", "weft.mjs");
const folder = mkdtempSync(join(tmpdir(), "weft-interrupts-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A step that takes a software adapter a third of a second and more: long enough for two signals. */
const text = `
import { Linear } from "std/layers"
import { Sgd } from "std/optimizers"

model Wide {
  axis D = 512
  use first = Linear<D, D>()
  use second = Linear<D, D>()
  mode run(x: f32[B, D]) -> [B, D] { second(first(real(x))) }
}

stage fit of Wide(x: f32[B, D]) {
  train everything else at lr 0.01
  optimizer Sgd(momentum: 0.9)
  batch 3072
  loss { mean{B, D}(f32(run(x)) ^ 2) }
}
`;
const file = join(folder, "wide.weft");
const batches = join(folder, "wide.safetensors");
const run = join(folder, "run");
const checkpoints = join(run, "checkpoints");

let isHere = false;
beforeAll(async () => {
  const device = await openTestDevice("lavapipe");
  isHere = device !== undefined;
  device?.dispose();
  writeFileSync(file, text);
  const data = Float32Array.from({ length: 3072 * 512 }, (_, n) => Math.sin(n));
  writeSafetensors(batches, { x: { element: "f32", shape: [1, 3072, 512], data } });
});

interface Ended {
  readonly code: number | null;
  readonly talk: string;
}

/** Trains, and sends Ctrl-C once for each text that is awaited: in the results the first, in the talk the others. */
function train(more: readonly string[], awaited: readonly string[]): Promise<Ended> {
  const told = ["--stage", "fit", "--batches", batches, "--out", run, "--device", "lavapipe"];
  const args = [command, "train", file, ...told, "--save-every", "1", "--json", ...more];
  const child = spawn(execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  const waiting = [...awaited];
  let [results, talk] = ["", ""];
  const hear = (): void => {
    const [next] = waiting;
    if (next === undefined || !(results + talk).includes(next)) return;
    waiting.shift();
    child.kill("SIGINT");
  };
  child.stdout.on("data", (chunk) => {
    results += String(chunk);
    hear();
  });
  child.stderr.on("data", (chunk) => {
    talk += String(chunk);
    hear();
  });
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, talk })));
}

test("a second Ctrl-C ends a run at once, and the next goes on from its last checkpoint", {
  timeout: 240_000,
}, async (context) => {
  if (!isHere || platform === "win32") return context.skip();
  const asked = "stopping after this step; Ctrl-C again ends at once";
  const cut = await train(["--steps", "50"], ['"kind":"checkpoint"', asked]);
  expect(cut.code, cut.talk).toBe(130);
  expect(cut.talk).toContain("weft: interrupted\n");
  // The process is gone with its lock in the folder, and what it saved is whole.
  expect(existsSync(join(run, "lock"))).toBe(true);
  const names = readdirSync(checkpoints).filter((name) => /^step-\d+$/.test(name));
  const steps = names.map((name) => Number(name.slice("step-".length)));
  const last = Math.max(...steps);
  expect(last).toBeGreaterThanOrEqual(1);
  expect(last).toBeLessThan(10);
  const resumed = await train(["--steps", String(last + 1), "--resume"], []);
  expect(resumed.code, resumed.talk).toBe(0);
  expect(resumed.talk).not.toContain("passed over");
  expect(existsSync(join(checkpoints, `step-${last + 1}`, "state.json"))).toBe(true);
  expect(existsSync(join(run, "lock"))).toBe(false);
  const metrics = readFileSync(join(run, "metrics.jsonl"), "utf8").trim().split("\n");
  expect(metrics.map((line) => JSON.parse(line).step)).toEqual(
    Array.from({ length: last + 1 }, (_, n) => n + 1),
  );
});
