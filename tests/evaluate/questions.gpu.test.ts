import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadChat, loadGenerator } from "../../compiler/api/library.ts";
import type { Device } from "../../runtime/device/device.ts";
import { answeredQuestions } from "../support/evaluate/answered-questions.ts";
import type { AnsweredSet } from "../support/evaluate/answered-set.ts";
import { mmeSet, popeSet, tinySet } from "../support/evaluate/answered-yes-no.ts";
import { smallImages } from "../support/evaluate/images.ts";
import { writeMiniature } from "../support/evaluate/text-miniatures.ts";
import { chatFile, tinyChats, writeChat } from "../support/evaluate/tiny-chats.ts";
import { openTestDevice } from "../support/open-test-device.ts";
import { runWeft } from "../support/texts/run-weft.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-questions-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
process.env.WEFT_CACHE = join(folder, "cache");

// One driver: what is tested here is what stands around the programs.
const driver = "lavapipe";
const tokenizer = join(import.meta.dirname, "../../examples/tokenizer.model");
const maxNewTokens = 3;
/** With QLLaMA every answer costs five beams: there each way of asking has a set, and no layout is read twice. */
const setsOf = {
  c: [...answeredQuestions, tinySet, popeSet, mmeSet],
  d: [
    ...answeredQuestions.filter(({ task }) => /vqav2|vizwiz|docvqa|ai2d/.test(task)),
    ...[tinySet, popeSet],
  ],
};

let device: Device | undefined;
let images: readonly Uint8Array[] = [];
beforeAll(async () => {
  device = await openTestDevice(driver);
  images = await smallImages();
});
afterAll(() => device?.dispose());

type Chat = keyof typeof tinyChats;

function optionsOf(which: Chat, weights: string) {
  return {
    ...{ file: chatFile, model: tinyChats[which].model, set: { ...tinyChats[which].set } },
    ...{ weights, tokenizer, device },
  };
}

function writeSet(set: AnsweredSet, data: string, answers: readonly string[]): void {
  const paths = [...new Set(set.questions.map(({ image }) => image))];
  writeMiniature(
    { files: set.files(answers), images: paths },
    data,
    (index) => images[index % images.length] ?? new Uint8Array(),
  );
}

/** What a model says to prompts in the words of the paper, asked through the library one by one. */
async function ask(which: Chat, weights: string, data: string) {
  const answers = new Map<AnsweredSet, readonly string[]>();
  // POPE has no fewest tokens with QLLaMA; without it nothing has.
  const least = (set: AnsweredSet): number => (which === "c" || set.task === "pope" ? 0 : 1);
  for (const minNewTokens of which === "c" ? [0] : [1, 0]) {
    const beams = which === "c" ? 1 : 5;
    const chat = await loadChat({ ...optionsOf(which, weights), beams, minNewTokens });
    for (const set of setsOf[which].filter((one) => least(one) === minNewTokens)) {
      const own: string[] = [];
      for (const { image, question } of set.questions) {
        await chat.begin(join(data, image));
        const prompt = which === "c" ? set.promptOfC(question) : set.promptOfD(question);
        own.push((await chat.ask(prompt, { maxNewTokens })).trim());
      }
      answers.set(set, own);
    }
    chat.dispose();
  }
  return (set: AnsweredSet): readonly string[] => answers.get(set) ?? [];
}

function evaluate(which: Chat, weights: string, ...args: readonly string[]) {
  const { model, set } = tinyChats[which];
  const settings = Object.entries(set).flatMap(([path, value]) => ["--set", `${path}=${value}`]);
  return runWeft([
    ...["eval", chatFile, "--model", model, "--mode", "chat", ...settings],
    ...["--weights", weights, "--tokenizer", tokenizer, "--device", driver, "--json"],
    ...["--draws", "20", "--max-new-tokens", String(maxNewTokens), ...args],
  ]);
}

const folderOf = (out: string, { task }: AnsweredSet): string => join(out, task.replace(":", "-"));
const text = (...path: readonly string[]): string => readFileSync(join(...path), "utf8");

describe.each(["c", "d"] as const)(`chat %s on ${driver}`, (which) => {
  const data = join(folder, which);
  const out = join(folder, `out-${which}`);

  test("every task of questions scores as a slow reading of its files does", {
    timeout: 400_000,
  }, async (context) => {
    if (device === undefined) return context.skip();
    const weights = writeChat(folder, which);
    const all = setsOf[which];
    for (const set of all)
      writeSet(
        set,
        data,
        set.questions.map(() => ""),
      );
    const answersOf = await ask(which, weights, data);
    for (const set of all) writeSet(set, data, answersOf(set));
    const names = all.flatMap(({ task }) => ["--task", task]);
    const { exitCode, stdout, stderr } = await evaluate(
      ...([which, weights, ...names, "--data", data, "--out", out] as const),
    );
    expect(exitCode, stderr + stdout).toBe(0);
    const { tasks } = JSON.parse(stdout);
    for (const [index, set] of all.entries()) {
      const answers = answersOf(set);
      expect(tasks[index]).toMatchObject({ task: set.task, items: answers.length, partial: false });
      const lines = text(folderOf(out, set), "predictions.jsonl").trim().split("\n");
      expect(lines.map((line) => JSON.parse(line).output)).toEqual(answers);
      expectNumbers(tasks[index].numbers, set.numbers(answers));
      for (const [name, content] of Object.entries(set.results(answers)))
        expect(text(folderOf(out, set), name), `${set.task} ${name}`).toBe(content);
    }
    // The model must say different things, or all of this shows little.
    const said = new Set(all.flatMap((set) => answersOf(set)));
    console.log(`chat ${which} says ${JSON.stringify([...said])}`);
    expect(said.size).toBeGreaterThan(2);
    const { identity } = JSON.parse(text(folderOf(out, tinySet), "run.json"));
    expect(identity.protocol).toMatchObject(
      which === "c" ? { name: "chat_c", beams: 1, joint: "\n" } : { name: "chat_d", beams: 5 },
    );
  });

  test("pictures show photo, question and answer", async (context) => {
    if (device === undefined) return context.skip();
    const [set] = answeredQuestions;
    if (set === undefined) throw new Error("no sets");
    const picture = text(folderOf(out, set), "answers.svg");
    expect(picture.match(/<image /g)).toHaveLength(set.questions.length);
    expect(picture).toContain("what is it, ein Hund?");
    const { width = 0, height = 0 } = await sharp(Buffer.from(picture)).metadata();
    expect(Math.min(width, height)).toBeGreaterThan(100);
    const { WEFT_EVAL_KEEP: kept } = process.env;
    if (kept !== undefined)
      await sharp(Buffer.from(picture))
        .png()
        .toFile(join(kept, `answers-${which}.png`));
  });
});

function expectNumbers(
  found: Readonly<Record<string, number | null>>,
  wanted: Readonly<Record<string, number | null>>,
): void {
  expect(Object.keys(found)).toEqual(Object.keys(wanted));
  for (const [name, value] of Object.entries(wanted))
    if (value === null) expect(found[name], name).toBe(null);
    else expect(found[name], name).toBeCloseTo(value, 12);
}

test(`LLaVA's file of questions is asked word for word, on ${driver}`, {
  timeout: 200_000,
}, async (context) => {
  if (device === undefined) return context.skip();
  const data = join(folder, "c");
  const prompts = join(folder, "llava_textvqa.jsonl");
  // Ids of images there, and the question in lower case on the first line.
  const lines = ["Reference OCR token: A, 1\nAnswer.", "Reference OCR token: STOP\nAnswer."].map(
    (rest, n) =>
      JSON.stringify({
        ...{ question_id: n === 0 ? "00a" : "00b", image: n === 0 ? "00a.jpg" : "00b.jpg" },
        text: `${n === 0 ? "" : "what does the sign say?"}\n${rest}`,
      }),
  );
  writeFileSync(prompts, lines.join("\n"));
  const out = join(folder, "llava");
  const args = ["--task", "vqa:textvqa", "--data", data, "--prompts", prompts, "--out", out];
  const weights = join(folder, "chat-c.safetensors");
  const { exitCode, stdout, stderr } = await evaluate("c", weights, ...args);
  expect(exitCode, stderr + stdout).toBe(0);
  const answers = text(out, "answers.jsonl").trim().split("\n");
  expect(answers.map((line) => JSON.parse(line))).toMatchObject(
    lines.map((line) => {
      const { question_id, text: prompt } = JSON.parse(line);
      return { question_id, prompt, model_id: "ChatC", metadata: {} };
    }),
  );
  writeFileSync(prompts, [lines[0], lines[0]].join("\n"));
  const broken = await evaluate("c", weights, ...args);
  expect(broken.exitCode).toBe(1);
  expect(broken.stdout).toMatch(/textvqa\.jsonl.*line 2.*34602.*there already/s);
});

test(`a dialogue finds with beams what a generator finds, on ${driver}`, {
  timeout: 200_000,
}, async (context) => {
  if (device === undefined) return context.skip();
  const options = optionsOf("d", join(folder, "chat-d.safetensors"));
  const image = join(folder, "d", "val2014/COCO_val2014_000000000040.jpg");
  const prompt = "What is this? Answer the question using a single word or phrase.";
  const inputs = { pixels: image, ids: prompt, question: prompt };
  const beams = { beams: 5, minNewTokens: 1 };
  const generator = await loadGenerator({ ...options, ...beams, mode: "chat", inputs });
  const [best] = await generator.complete(inputs, { maxNewTokens: 8 });
  generator.dispose();
  const chat = await loadChat({ ...options, ...beams });
  await chat.begin(image);
  expect(await chat.ask(prompt, { maxNewTokens: 8 })).toBe(best?.text.trim());
  await expect(chat.stream(prompt).next()).rejects.toMatchObject({ code: "beams-not-streamed" });
  chat.dispose();
});
