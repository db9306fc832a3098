import { spawn } from "node:child_process";
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { env, execPath } from "node:process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeCaptioned } from "../../support/data/write-pictures.ts";
import { openTestDevice } from "../../support/open-test-device.ts";

/** How often the run is killed before it may end: `20` for a campaign. */
const kills = Number(env.WEFT_KILLS ?? 1);
const timeout = 240_000 + 120_000 * kills;
const command = join(import.meta.dirname, "..", "..", "..", "bin", "weft.mjs");
const folder = mkdtempSync(join(tmpdir(), "weft-data-training-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const text = `
import { drop_path, dropout } from "std/functions"
import { Linear } from "std/layers"
import { soft_cross_entropy } from "std/losses"
import { AdamW } from "std/optimizers"
import { cosine } from "std/schedules"

model Pictures {
  axis Rgb = 3
  axis Y = 8
  axis X = 8
  axis Class = 3
  use head = Linear<(Rgb, Y, X), Class>()
}

stage learn of Pictures(
  pixels: f32[B, Rgb, Y, X] from image(crop: "random", flip: true, jitter: (0.2, 0.2, 0.2), mixup: 0.5),
  target: f32[B, Class] from soft_label(smoothing: 0.1)
) {
  train everything else at lr 1e-2
  optimizer AdamW()
  schedule cosine(warmup: 2)
  epochs 3
  batch 8 by 2
  ema 0.9
  loss {
    soft_cross_entropy{Class}(f32(head(drop_path{B}(dropout(real(pixels), 0.2), 0.2))), target)
  }
}
`;

/** Ends with its code, or by the signal that it gets some time after its first checkpoint. */
function train(run: string, more: readonly string[], killAfterMs?: number) {
  const data = ["--data", "pictures", "--data", "others=0.5"];
  const asked = ["--stage", "learn", ...data, "--out", run, "--seed", "7"];
  const args = [
    command,
    "train",
    "pictures.weft",
    ...asked,
    ...more,
    "--json",
    "--device",
    "lavapipe",
  ];
  const child = spawn(execPath, args, { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  let isSent = false;
  child.stdout.on("data", (part) => {
    said += part;
    if (killAfterMs === undefined || isSent || !said.includes('"kind":"checkpoint"')) return;
    isSent = true;
    setTimeout(() => child.kill("SIGKILL"), killAfterMs);
  });
  return new Promise<{ readonly ended: unknown; readonly said: string }>((resolve) =>
    child.on("close", (code, by) => resolve({ ended: by ?? code, said })),
  );
}

function filesOf(run: string): readonly (readonly [string, string])[] {
  const checkpoints = join(folder, run, "checkpoints");
  const last = readdirSync(checkpoints)
    .toSorted((a, b) => Number(a.slice(5)) - Number(b.slice(5)))
    .at(-1);
  const place = join(checkpoints, last ?? "");
  return readdirSync(place)
    .filter((name) => name !== "state.json")
    .toSorted()
    .map(
      (name) => [`${last}/${name}`, readFileSync(join(place, name)).toString("base64")] as const,
    );
}

function metricsOf(run: string): readonly object[] {
  const lines = readFileSync(join(folder, run, "metrics.jsonl"), "utf8")
    .trim()
    .split("\n");
  return lines.map((line) => ({
    ...JSON.parse(line),
    samplesPerSecond: 0,
    idle: 0,
    memory: 0,
    time: 0,
  }));
}

describe("training on a data set on lavapipe", () => {
  let isHere = false;
  beforeAll(async () => {
    const device = await openTestDevice("lavapipe");
    isHere = device !== undefined;
    device?.dispose();
    writeFileSync(join(folder, "pictures.weft"), text);
    mkdirSync(join(folder, "pictures"));
    await writeCaptioned(join(folder, "pictures"), 20, (n) => ({ label: n % 3 }));
    writeFileSync(join(folder, "pictures", "a", "5.png"), "no picture");
    mkdirSync(join(folder, "others"));
    await writeCaptioned(join(folder, "others"), 12, (n) => ({ label: n % 3 }));
  });

  test(`killed ${kills} times with three threads, a run has the bytes of one that made its data itself`, {
    timeout,
  }, async (context) => {
    if (!isHere) return context.skip();
    const whole = await train("whole", ["--workers", "0"]);
    expect(whole.ended).toBe(0);
    expect(whole.said).toContain("5.png` cannot be decoded as an image");
    const more = ["--workers", "3", "--save-every", "1", "--keep", "2", "--resume"];
    let halves = 0;
    for (let turn = 0; turn < kills; turn++) {
      const { ended } = await train("cut", more, (turn * 37) % 50);
      halves += readdirSync(join(folder, "cut", "checkpoints")).filter((name) =>
        name.endsWith(".part"),
      ).length;
      // Of many kills the last may come too late.
      if (ended === 0) break;
      expect(ended).toBe("SIGKILL");
    }
    console.log(`killed ${kills} times, ${halves} times while a checkpoint was written`);
    expect((await train("cut", more)).ended).toBe(0);
    // As many samples as three times the records of both.
    expect(metricsOf("whole")).toHaveLength(12);
    expect(metricsOf("cut")).toEqual(metricsOf("whole"));
    expect(filesOf("cut")).toEqual(filesOf("whole"));
    appendFileSync(
      join(folder, "pictures", "captions.jsonl"),
      '{"image": "a/1.png", "label": 0}\n',
    );
    const changed = await train("cut", more);
    expect([changed.ended, changed.said]).toEqual([
      1,
      expect.stringMatching(/run-changed.*began with another data set/),
    ]);
  });
});
