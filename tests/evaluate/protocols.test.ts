import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { Findings } from "../../runtime/evaluate/entries/findings.ts";
import { repeatedMembers } from "../../runtime/evaluate/entries/repeated-members.ts";
import { readPrompts } from "../../runtime/evaluate/given/asked-prompts.ts";
import { hearMme } from "../../runtime/evaluate/metrics/mme.ts";
import { throughputScores } from "../../runtime/evaluate/scores/throughput-scores.ts";
import { findTask } from "../../runtime/evaluate/tasks/task-registry.ts";
import {
  type Asker,
  askerOf,
  promptOf,
  protocolOf,
} from "../../runtime/evaluate/tasks/text-protocols.ts";
import { answerPicture } from "../../runtime/evaluate/written/answer-picture.ts";
import { evaluationDocument } from "../../runtime/evaluate/written/evaluation-document.ts";
import { resultFiles } from "../../runtime/evaluate/written/result-files.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-protocols-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function protocol(name: string, asker: Asker) {
  const task = findTask(name);
  if (task.kind !== "text") throw new Error(`${name} asks nothing`);
  return protocolOf(task.asking, asker);
}

describe("prompts, beams and lengths", () => {
  const beamed = { beams: 5, lengthPenalty: 1 };
  test.each([
    ["vqa:vqav2", { ...beamed, minNewTokens: 1, maxNewTokens: 10 }],
    ["vqa:vizwiz", { ...beamed, minNewTokens: 1, maxNewTokens: 10 }],
    ["vqa:docvqa", { ...beamed, minNewTokens: 1, maxNewTokens: 100 }],
    ["vqa:infovqa", { ...beamed, minNewTokens: 1, maxNewTokens: 100 }],
    ["vqa:chartqa", { ...beamed, minNewTokens: 1, maxNewTokens: 100 }],
    ["vqa:ocrvqa", { ...beamed, minNewTokens: 1, maxNewTokens: 100 }],
    ["pope", { ...beamed, maxNewTokens: 100, suffix: "" }],
    ["mme", { ...beamed, maxNewTokens: 20 }],
    ["tiny_lvlm", { ...beamed, minNewTokens: 1, maxNewTokens: 30 }],
  ])("%s of the chat with QLLaMA", (name, wanted) => {
    expect(protocol(name, "chat_d")).toMatchObject(wanted);
    // LLaVA's scripts are greedy and ask all alike.
    expect(protocol(name, "chat_c")).toMatchObject({ beams: 1, maxNewTokens: 128, joint: "\n" });
  });

  test("captions are searched alike by whoever makes them", () => {
    const wanted = { beams: 5, minNewTokens: 8, maxNewTokens: 30 };
    const prompts = (["internvl_g", "chat_c", "chat_d"] as const).map((asker) => {
      const found = protocol("captioning:coco", asker);
      expect(found).toMatchObject(wanted);
      return promptOf("", found);
    });
    const sentence = "Provide a one-sentence caption for the provided image.";
    expect(prompts).toEqual(["English caption:", sentence, sentence]);
  });

  test("who asks is known by the template", () => {
    const templates = [undefined, "vicuna_v1", "internvl_v1"];
    expect(templates.map(askerOf)).toEqual(["internvl_g", "chat_c", "chat_d"]);
  });
});

test("MME hears yes and no in words that mean them", () => {
  const heard = ["True.", "是的", "不是", "这是一只狗", "Yes,\nit is", "FALSE"].map(hearMme);
  expect(heard).toEqual(["yes.", "yes", "no", "yes", "yes, it is", "no"]);
});

test("names that stand twice in an object are told, values and inner names are not", () => {
  expect(repeatedMembers('{"a": "b", "b": {"a": 1, "a": 2}, "c\\"": ["a", "a"]}')).toEqual([]);
  expect(repeatedMembers('{"a":1,"b" : 2,"\\u0061":3,"b":"b"}')).toEqual(["a", "b"]);
});

test("VizWiz's server gets normalised answers from LLaVA's scripts", () => {
  const item = { id: "v.jpg", unit: "v.jpg", image: "test/v.jpg", question: "?", references: [] };
  const [c, d] = (["chat_c", "chat_d"] as const).map(
    (asker) => resultFiles.images([item], ["The two, Dogs."], asker)[0]?.text,
  );
  expect(c).toBe('[{"image":"v.jpg","answer":"2 dogs"}]\n');
  expect(d).toBe('[{"image":"v.jpg","answer":"The two, Dogs."}]\n');
});

describe("files of prompts", () => {
  const items = ["count", "color"].map((group) => ({
    ...{ id: `${group}/1.jpg/0`, unit: "1.jpg", image: `${group}/1.jpg` },
    ...{ question: "Is it one?", references: ["yes"], group },
  }));
  const read = (lines: readonly object[]) => {
    const path = join(folder, "prompts.jsonl");
    writeFileSync(path, lines.map((line) => JSON.stringify(line)).join("\n"));
    const findings = new Findings();
    const prompts = readPrompts(path, items, findings);
    findings.assertNone();
    return prompts;
  };
  const line = (group: string) => ({
    ...{ question_id: `${group}/1.jpg`, image: `somewhere/${group}/1.jpg` },
    text: "Is it one?\nShortly.",
  });

  test("belong to image and first line where ids are those of images", () => {
    const prompts = read([line("color"), line("count")]);
    expect(prompts.get("count/1.jpg/0")).toEqual({
      questionId: "count/1.jpg",
      text: "Is it one?\nShortly.",
    });
  });

  test("that ask nothing of the set, the same twice, or too little are told", () => {
    const foreign = { ...line("color"), question_id: "x", image: "x.jpg" };
    expect(() => read([line("color"), line("count"), foreign])).toThrow(/line 3.*no question/);
    expect(() => read([line("color"), line("count"), line("count")])).toThrow(/line 3.*already/);
    expect(() => read([line("color")])).toThrow(/it does not ask `count\/1\.jpg\/0`/);
  });
});

describe("throughput", () => {
  const about = { device: "a device", batch: 4, precision: "f32", runs: 3, warmUps: 1 };
  const of = (mode: string, ...seconds: number[]) =>
    ["image = 224", "image = 336"].map((setting, n) => ({
      ...{ setting, mode, seconds: seconds.map((second) => second * (n + 1)) },
    }));
  const samples = [
    ...of("features", 0.4, 0.8, 0.6),
    ...of("query_features", 0.8, 1.6, 1),
    ...of("encode_image_c", 0.5, 1, 0.25),
    ...of("caption", 2, 4, 8),
  ];
  const scored = throughputScores(samples, { batch: 4, about: { ...about, newTokens: 16 } });
  const subject = { ...{ task: "throughput", rule: "median", unit: "run" }, items: 3, missing: 0 };
  const document = evaluationDocument({ ...subject, partial: false }, scored, {
    draws: 2000,
    seed: 0,
  });

  test("is the median over runs, and its range", () => {
    expect(document.numbers["ViT, ms per image, image = 224"]).toBeCloseTo(150);
    expect(document.numbers["QLLaMA, ms per image, image = 224"]).toBeCloseTo(100);
    expect(document.numbers["images/s, C, image = 336"]).toBe(4);
    expect(document.numbers["tokens/s, image = 224"]).toBe(4);
    expect(document.intervals["tokens/s, image = 224"]).toEqual({
      ...{ low: 2, high: 8, undefinedDraws: 0 },
    });
    expect(document).toMatchObject({ isRange: true, units: 3, bootstrap: { draws: 0 } });
    // What no mode gives is not there.
    expect(Object.keys(document.numbers).some((name) => name.includes("text"))).toBe(false);
    expect(document.details.note).toMatch(/3 runs .* after 1 .* batch 4, f32, a device; 16 tokens/);
  });
});

test("pictures break long texts, and leave out what XML may not hold", () => {
  const answered = {
    ...{ photo: undefined, question: "why ".repeat(60), answer: "a\u0000 < b & 狗".repeat(3) },
    ...{ references: ["x".repeat(200), "x".repeat(200)], score: "accuracy 0" },
  };
  const svg = answerPicture("a task", [answered, { ...answered, answer: "" }]);
  expect(svg).not.toContain("\u0000");
  expect(svg).toContain("&lt; b &amp; 狗");
  expect(svg).toContain("(nothing)");
  const lines = [...svg.matchAll(/<text [^>]*>([^<]*)</g)].map(([, line = ""]) => line);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(60);
  // The same words of two people stand once.
  expect(svg.match(/people:/g)).toHaveLength(2);
});
