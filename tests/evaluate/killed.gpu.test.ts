import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { env, execPath } from "node:process";
import { afterAll, expect, test } from "vitest";
import { smallImages } from "../support/evaluate/images.ts";
import { writeMiniature } from "../support/evaluate/text-miniatures.ts";
import { chatFile, tinyChats, writeChat } from "../support/evaluate/tiny-chats.ts";
import { openTestDevice } from "../support/open-test-device.ts";

/** How often the command is killed before it may end: `WEFT_KILLS=10` for a campaign. */
const kills = Number(env.WEFT_KILLS ?? 1);
const root = join(import.meta.dirname, "..", "..");
const folder = mkdtempSync(join(tmpdir(), "weft-killed-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const task = "vqa:vqav2";
const data = join(folder, "data");

test(`killed ${kills} times, an evaluation gives the table of one left alone`, {
  timeout: 240_000 + 60_000 * kills,
}, async (context) => {
  const device = await openTestDevice("lavapipe");
  if (device === undefined) return context.skip();
  device.dispose();
  const images = await smallImages();
  writeMiniature(questionsOf(8 + 8 * kills), data, (index) => images[index] ?? new Uint8Array());
  const weights = writeChat(folder, "c");
  const [whole, cut] = [join(folder, "whole"), join(folder, "cut")];
  expect(await runUntil(commandOf(weights, whole), whole, Number.POSITIVE_INFINITY)).toBe(0);
  const told: number[] = [];
  for (let kill = 0; kill < kills; kill++) {
    // Each kill leaves at least one more answered, and some to ask.
    const before = linesIn(cut);
    const ended = await runUntil(commandOf(weights, cut), cut, before + 1, (7 * kill) % 13);
    expect(ended).toBe("SIGKILL");
    expect(linesIn(cut)).toBeGreaterThan(before);
    expect(existsSync(join(cut, "table.md"))).toBe(false);
    told.push(linesIn(cut));
  }
  console.log(`killed when there were ${told.join(", ")} answers`);
  expect(await runUntil(commandOf(weights, cut), cut, Number.POSITIVE_INFINITY)).toBe(0);
  const names = ["table.md", "scores.json", "result.json", "answers.jsonl", "answers.svg"];
  for (const name of names)
    expect(readFileSync(join(cut, name), "utf8"), name).toBe(
      readFileSync(join(whole, name), "utf8"),
    );
  expect(untimed(cut)).toEqual(untimed(whole));
});

/** So many questions about four images. */
function questionsOf(count: number) {
  const numbers = Array.from({ length: count }, (_, index) => index);
  const own = (index: number) => ({ question_id: index, image_id: index % 4 });
  return {
    files: {
      "v2_OpenEnded_mscoco_val2014_questions.json": {
        questions: numbers.map((index) => ({ ...own(index), question: `what is ${index}?` })),
      },
      "v2_mscoco_val2014_annotations.json": {
        annotations: numbers.map((index) => ({
          ...own(index),
          answers: ["no", "1", "no no"].map((answer) => ({ answer })),
        })),
      },
    },
    images: [0, 1, 2, 3].map((id) => `val2014/COCO_val2014_00000000000${id}.jpg`),
  };
}

function commandOf(weights: string, out: string): readonly string[] {
  const { model, set } = tinyChats.c;
  const settings = Object.entries(set).flatMap(([path, value]) => ["--set", `${path}=${value}`]);
  return [
    ...[join(root, "bin", "weft.mjs"), "eval", join(root, chatFile), "--model", model],
    ...["--mode", "chat", ...settings, "--weights", weights, "--device", "lavapipe"],
    ...["--tokenizer", join(root, "examples", "tokenizer.model"), "--task", task],
    ...["--data", data, "--max-new-tokens", "4", "--draws", "50", "--out", out],
  ];
}

/** Runs the command, and kills it some time after so many lines of predictions are there. Gives how it ended. */
function runUntil(
  args: readonly string[],
  out: string,
  lines: number,
  delayMs = 0,
): Promise<NodeJS.Signals | number | null> {
  const environment = { ...env, WEFT_CACHE: join(folder, "cache") };
  const child = spawn(execPath, args, { stdio: ["ignore", "ignore", "inherit"], env: environment });
  const watch = setInterval(() => {
    if (linesIn(out) < lines) return;
    clearInterval(watch);
    setTimeout(() => child.kill("SIGKILL"), delayMs);
  }, 2);
  return new Promise((resolve) =>
    child.on("exit", (code, signal) => {
      clearInterval(watch);
      resolve(signal ?? code);
    }),
  );
}

const predictions = (out: string): string => join(out, "predictions.jsonl");

function linesIn(out: string): number {
  if (!existsSync(predictions(out))) return 0;
  return readFileSync(predictions(out), "utf8").split("\n").length - 1;
}

/** Answers without the times that they took. */
function untimed(out: string): readonly unknown[] {
  const lines = readFileSync(predictions(out), "utf8").trim().split("\n");
  return lines.map((line) => ({ ...JSON.parse(line), ms: 0 }));
}
