import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { Findings } from "../../runtime/evaluate/entries/findings.ts";
import { findTask } from "../../runtime/evaluate/tasks/task-registry.ts";
import type { TextTask } from "../../runtime/evaluate/tasks/text-tasks.ts";
import { RuntimeFault, SeveralFaults } from "../../runtime/faults.ts";
import { furtherMiniatures } from "../support/evaluate/further-miniatures.ts";
import {
  type Miniature,
  textMiniatures,
  writeMiniature,
} from "../support/evaluate/text-miniatures.ts";

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function miniatureIn(miniature: Miniature): { readonly task: TextTask; readonly folder: string } {
  const folder = mkdtempSync(join(tmpdir(), "weft-layout-"));
  folders.push(folder);
  writeMiniature(miniature, folder, () => new Uint8Array());
  const task = findTask(miniature.task);
  if (task.kind !== "text") throw new Error(`${task.name} has no texts`);
  return { task, folder };
}

function read(task: TextTask, folder: string) {
  const findings = new Findings();
  const items = task.layout.read(folder, findings);
  findings.assertNone();
  return items;
}

/** The one message of a layout that is broken. */
function messageOf(task: TextTask, folder: string): string {
  try {
    read(task, folder);
  } catch (error) {
    if (error instanceof RuntimeFault) return error.message;
    if (error instanceof SeveralFaults)
      return error.faults.map(({ message }) => message).join("\n");
    throw error;
  }
  throw new Error("the broken layout was read");
}

describe.each([...textMiniatures, ...furtherMiniatures])("$task", (miniature) => {
  const [file = "", pointer] = miniature.main.split("#");

  test("is read: every image is named, every id is one", () => {
    const { task, folder } = miniatureIn(miniature);
    const items = read(task, folder);
    expect(new Set(items.map(({ image }) => image))).toEqual(new Set(miniature.images));
    expect(new Set(items.map(({ id }) => id)).size).toBe(items.length);
    // Answers of test parts are not public.
    const isPublic = !miniature.task.includes("test");
    expect(items.every(({ references }) => references.length > 0)).toBe(isPublic);
    const findings = new Findings();
    const references = task.layout.references(join(folder, miniature.references), findings);
    findings.assertNone();
    const known = new Map(items.map((item) => [item.id, item.references]));
    const unknown = references.filter(({ id }) => !known.has(id));
    // Half of ChartQA alone goes by its position.
    if (miniature.task !== "vqa:chartqa") expect(unknown).toEqual([]);
    if (miniature.task !== "vqa:chartqa")
      for (const item of references) expect(item.references).toEqual(known.get(item.id));
  });

  test("a missing file, a cut file", () => {
    const { task, folder } = miniatureIn(miniature);
    const text = readFileSync(join(folder, file), "utf8");
    writeFileSync(join(folder, file), text.slice(0, Math.floor(text.length * 0.4)));
    expect(messageOf(task, folder)).toContain(join(folder, file));
    rmSync(join(folder, file));
    expect(messageOf(task, folder)).toContain(join(folder, file));
  });

  test.skipIf(pointer === undefined)("a wrong field, a duplicate id", () => {
    const { task, folder } = miniatureIn(miniature);
    const document: unknown = JSON.parse(readFileSync(join(folder, file), "utf8"));
    const key = pointer === "" ? undefined : pointer?.slice(1);
    const entries = key === undefined ? document : Reflect.get(Object(document), key);
    const isList = Array.isArray(entries);
    const names = Object.keys(Object(entries));
    const [third = "", fourth = ""] = [names[2], names[3]];
    const change = (name: string, entry: unknown): void => {
      const changed = isList ? [...entries] : { ...Object(entries) };
      Reflect.set(changed, name, entry);
      const whole = key === undefined ? changed : { ...Object(document), [key]: changed };
      writeFileSync(join(folder, file), JSON.stringify(whole));
    };
    change(third, "no object");
    expect(messageOf(task, folder).split("\n")[0]).toContain(`${file}\`, ${pointer}/${third}`);
    // An object has its ids as names, and halves and abilities go by position: those have no duplicates.
    const hasIds = isList && !/chartqa|tiny/.test(miniature.task);
    change(fourth, Reflect.get(Object(entries), third));
    if (hasIds) expect(messageOf(task, folder)).toMatch(/\/3.* at .*\/2.* already|has no/s);
  });
});

test("POPE: ids begin again in each file, and one that stands twice in a file is told with its line", () => {
  const pope = textMiniatures.find(({ task }) => task === "pope");
  if (pope === undefined) throw new Error("no miniature of POPE");
  const { task, folder } = miniatureIn(pope);
  expect(read(task, folder).length).toBe(36);
  const path = join(folder, "coco_pope_random.json");
  const lines = readFileSync(path, "utf8").split("\n");
  writeFileSync(
    path,
    [...lines.slice(0, 5), lines[0], lines[5]?.replace("yes", "maybe")].join("\n"),
  );
  expect(messageOf(task, folder)).toMatch(
    /random\.json`, line 6: the id `random\/1` is there already/,
  );
  writeFileSync(path, lines.join("\n").replace('"label":"no"', '"label":"maybe"'));
  expect(messageOf(task, folder)).toMatch(/line 2\/label: `yes` or `no` is needed, not `maybe`/);
});

test("MME: pairs stay together, however names sort", () => {
  const mme = textMiniatures.find(({ task }) => task === "mme");
  if (mme === undefined) throw new Error("no miniature of MME");
  const { task, folder } = miniatureIn(mme);
  const items = read(task, folder);
  for (let index = 0; index < items.length; index += 2)
    expect(items[index]?.unit).toBe(items[index + 1]?.unit);
  rmSync(join(folder, "count/2 a.jpg"));
  expect(messageOf(task, folder)).toContain(join(folder, "count", "2 a.jpg"));
});

test("at most twenty mistakes are told at once", () => {
  const coco = textMiniatures.find(({ task }) => task === "captioning:coco");
  if (coco === undefined) throw new Error("no miniature of COCO");
  const broken = { images: [], annotations: Array.from({ length: 50 }, () => ({})) };
  const files = { ...coco.files, "coco_karpathy_test_gt.json": broken };
  const { task, folder } = miniatureIn({ ...coco, files });
  expect(messageOf(task, folder).split("\n").length).toBe(20);
});
