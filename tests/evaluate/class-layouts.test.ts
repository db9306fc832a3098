import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { assertImages } from "../../compiler/api/evaluation/image-paths.ts";
import { Findings } from "../../runtime/evaluate/entries/findings.ts";
import { assertClasses, classTexts } from "../../runtime/evaluate/layouts/class-texts.ts";
import { findTask } from "../../runtime/evaluate/tasks/task-registry.ts";
import { visionTasks } from "../../runtime/evaluate/tasks/vision-tasks.ts";
import { RuntimeFault, SeveralFaults } from "../../runtime/faults.ts";
import type { ClassMiniature } from "../support/evaluate/class-miniature.ts";
import { zeroShotMiniatures } from "../support/evaluate/class-miniatures.ts";
import { probeMiniatures } from "../support/evaluate/imagenet-miniatures.ts";
import { writeMiniature, writtenForm } from "../support/evaluate/text-miniatures.ts";

const root = mkdtempSync(join(tmpdir(), "weft-classes-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let count = 0;

function folderOf(miniature: ClassMiniature): string {
  const folder = join(root, String(count++));
  writeMiniature(miniature, folder, () => new Uint8Array());
  return folder;
}

/** All that is looked at before a model is loaded. */
function readSet(name: string, folder: string) {
  const task = findTask(name);
  if (task.kind !== "classes" && task.kind !== "probe") throw new Error(`${name} has no classes`);
  const findings = new Findings();
  const set = task.layout.read(folder, findings);
  findings.assertNone();
  const texts = task.kind === "classes" ? classTexts(folder, "en", task.texts, set) : undefined;
  if (texts !== undefined) assertClasses(folder, set.items, texts.classNames.length, findings);
  assertImages(folder, set.items);
  return { ...set, texts };
}

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof RuntimeFault || error instanceof SeveralFaults) return error.message;
    throw error;
  }
  throw new Error("the broken layout was read");
}

describe.each([...zeroShotMiniatures, ...probeMiniatures])("$task", (miniature) => {
  test("has the classes, names and pictures of its files", () => {
    const folder = folderOf(miniature);
    const { items, texts } = readSet(miniature.task, folder);
    expect(items.map(({ labels }) => labels)).toEqual(
      miniature.labels.map((label) => (typeof label === "number" ? [label] : label)),
    );
    const paths = [...new Set(items.map(({ path }) => path))];
    if (miniature.images.length > 0 && !miniature.task.endsWith("objectnet"))
      expect(paths.toSorted()).toEqual(miniature.images.toSorted());
    if (miniature.names.length > 0) expect(texts?.classNames).toEqual(miniature.names);
    // One template stands twice, and counts twice.
    if (texts !== undefined) expect(texts.templates.length).toBe(3);
    expect(new Set(items.map(({ id }) => id)).size).toBe(items.length);
  });

  test.each(miniature.broken)("$what in $file is told", ({ file, content, says }) => {
    const folder = folderOf(miniature);
    const path = join(folder, file);
    if (content === undefined) rmSync(path, { recursive: true });
    else {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, writtenForm(content));
    }
    expect(messageOf(() => readSet(miniature.task, folder))).toContain(says);
  });

  test("a picture that is gone is told by its path", () => {
    const [first] = miniature.images;
    if (first === undefined || miniature.task.startsWith("linear")) return;
    const folder = folderOf(miniature);
    const { items } = readSet(miniature.task, folder);
    rmSync(join(folder, first));
    expect(messageOf(() => assertImages(folder, items))).toContain(`${first}\`, item`);
  });
});

test("every set of pictures has a miniature", () => {
  const named = new Set([...zeroShotMiniatures, ...probeMiniatures].map(({ task }) => task));
  const without = visionTasks
    .filter(({ kind, name }) => kind === "classes" && !named.has(name))
    .map(({ name }) => name);
  expect(without).toEqual([]);
  expect(visionTasks.filter(({ rows }) => rows.includes(41)).length).toBe(20);
});

test("a box of VOC is a picture of its own, and its photo is the unit", () => {
  const voc = zeroShotMiniatures.find(({ task }) => task === "zero_shot:voc2007");
  if (voc === undefined) throw new Error("no miniature");
  const { items } = readSet(voc.task, folderOf(voc));
  expect(items.slice(0, 3).map(({ unit, box }) => [unit, box])).toEqual([
    ["000001", { left: 0, top: 1, width: 8, height: 8 }],
    ["000001", { left: 1, top: 1, width: 8, height: 8 }],
    ["000001", { left: 2, top: 1, width: 8, height: 8 }],
  ]);
});
