import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { env, execPath } from "node:process";
import { afterAll, expect, test } from "vitest";
import { train } from "../../compiler/api/library.ts";
import { openTestDevice } from "../support/open-test-device.ts";
import { writeTraining } from "../support/runs/training-text.ts";

const root = join(import.meta.dirname, "..", "..");
const folder = mkdtempSync(join(tmpdir(), "weft-killed-training-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
/** How often the run is killed before it may end; `WEFT_KILLS=20` for a long campaign. */
const kills = Number(env.WEFT_KILLS ?? 1);

test(`a run that is killed ${kills} times and stopped once has the bytes of one left alone`, {
  timeout: 120_000 + kills * 20_000,
}, async (context) => {
  const device = await openTestDevice("lavapipe");
  if (device === undefined) return context.skip();
  const { file, batches } = writeTraining(folder);
  const [whole, cut] = [join(folder, "whole"), join(folder, "cut")];
  const steps = 12 + kills;
  const request = { file, stage: "fit", batches, out: whole, device, steps, seed: 7 };
  for await (const _ of await train(request));
  device.dispose();
  const told = ["--stage", "fit", "--batches", batches, "--out", cut, "--seed", "7", "--json"];
  const more = ["--steps", String(steps), "--save-every", "1", "--keep", "2", "--resume"];
  const args = ["train", file, ...told, ...more, "--device", "lavapipe"];
  for (let turn = 0; turn < kills; turn++) {
    const delayMs = (turn * 37) % 50;
    expect(await runUntil(args, "checkpoint", "SIGKILL", delayMs)).toBe("SIGKILL");
  }
  expect(await runUntil(args, "checkpoint", "SIGINT", 0)).toBe(0);
  expect(await runUntil(args, "nothing", "SIGKILL", 0)).toBe(0);
  expect(filesOf(cut, steps)).toEqual(filesOf(whole, steps));
  expect(metricsOf(cut)).toEqual(metricsOf(whole));
});

/** Runs the command, and sends it a signal some time after the first event of a kind. Gives how it ended. */
function runUntil(
  args: readonly string[],
  event: string,
  signal: NodeJS.Signals,
  delayMs: number,
): Promise<NodeJS.Signals | number | null> {
  const child = spawn(execPath, [join(root, "bin", "weft.mjs"), ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let isSent = false;
  child.stdout.on("data", (text) => {
    if (isSent || !String(text).includes(`"kind":"${event}"`)) return;
    isSent = true;
    setTimeout(() => child.kill(signal), delayMs);
  });
  return new Promise((resolve) => child.on("exit", (code, by) => resolve(by ?? code)));
}

function filesOf(run: string, step: number): readonly (readonly [string, string])[] {
  const place = join(run, "checkpoints", `step-${step}`);
  const names = readdirSync(place).filter((name) => name.endsWith(".safetensors"));
  return names.sort().map((name) => [name, readFileSync(join(place, name), "hex")]);
}

/** How fast it was, is no matter of the run. */
function metricsOf(run: string): readonly unknown[] {
  const lines = readFileSync(join(run, "metrics.jsonl"), "utf8").trim().split("\n");
  return lines.map((line) => ({ ...JSON.parse(line), samplesPerSecond: 0 }));
}
