import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { Findings } from "../../runtime/evaluate/entries/findings.ts";
import { findTask } from "../../runtime/evaluate/tasks/task-registry.ts";
import { RuntimeFault } from "../../runtime/faults.ts";
import { classMiniatures, galleryMiniatures } from "../support/evaluate/gallery-miniatures.ts";
import { writeMiniature } from "../support/evaluate/text-miniatures.ts";

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function folderWith(miniature: Parameters<typeof writeMiniature>[0]): string {
  const folder = mkdtempSync(join(tmpdir(), "weft-gallery-"));
  folders.push(folder);
  writeMiniature(miniature, folder, () => new Uint8Array());
  return folder;
}

function readGallery(name: string, folder: string) {
  const task = findTask(name);
  if (task.kind !== "retrieval") throw new Error(`${name} has no captions`);
  const findings = new Findings();
  const set = task.layout.read(folder, findings, "en");
  findings.assertNone();
  return set;
}

function readClasses(name: string, folder: string, language = "en") {
  const task = findTask(name);
  if (task.kind !== "classes") throw new Error(`${name} has no classes`);
  const findings = new Findings();
  const set = task.layout.read(folder, findings, language);
  findings.assertNone();
  return set;
}

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof RuntimeFault) return error.message;
    throw error;
  }
  throw new Error("the broken layout was read");
}

describe.each(galleryMiniatures)("$task from $main", (miniature) => {
  const [file = "", pointer] = miniature.main.split("#");

  test("is read, and broken twins name file and entry", () => {
    const folder = folderWith(miniature);
    const set = readGallery(miniature.task, folder);
    expect(set.images.map(({ path }) => path)).toEqual(miniature.images.slice().sort(byOrder(set)));
    expect(set.captions.length).toBe(miniature.captions);
    const path = join(folder, file);
    const text = readFileSync(path, "utf8");
    if (pointer !== undefined) {
      const document = JSON.parse(text) as { images: { id: number; file_name: unknown }[] };
      const [first, second, third] = document.images;
      if (first === undefined || second === undefined || third === undefined)
        throw new Error("few");
      const written = (images: unknown) =>
        writeFileSync(path, JSON.stringify({ ...document, images }));
      written(
        document.images.map((image) => (image === third ? { ...image, file_name: 7 } : image)),
      );
      expect(messageOf(() => readGallery(miniature.task, folder))).toContain(
        `${file}\`, /images/2/file_name: a text is needed`,
      );
      written([...document.images, first]);
      expect(messageOf(() => readGallery(miniature.task, folder))).toContain(
        `${file}\`, /images/12/id: the id \`${first.id}\` is at /images/0/id already`,
      );
    }
    writeFileSync(path, text.slice(0, text.length / 2));
    if (text.startsWith("{"))
      expect(messageOf(() => readGallery(miniature.task, folder))).toContain(`${file}\`, line 1`);
    rmSync(path);
    expect(messageOf(() => readGallery(miniature.task, folder))).toContain("there is no file");
  });
});

/** Galleries are in the order of their files or ids; what is compared here are their members. */
const byOrder = (set: { readonly images: readonly { readonly path: string }[] }) => {
  const places = new Map(set.images.map(({ path }, index) => [path, index]));
  return (left: string, right: string): number =>
    (places.get(left) ?? 0) - (places.get(right) ?? 0);
};

test("COCO's gallery goes by rising id, and a caption may hold commas and names", () => {
  const [coco, flickr] = galleryMiniatures;
  if (coco === undefined || flickr === undefined) throw new Error("no miniatures");
  const set = readGallery(coco.task, folderWith(coco));
  expect(set.images.map(({ id }) => Number(id))).toEqual([
    9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20,
  ]);
  const lines = readGallery(flickr.task, folderWith(flickr));
  expect(lines.captions.map(({ text }) => text)).toContain("one.jpg, two.jpg, three");
});

describe.each(classMiniatures)("$task", (miniature) => {
  test("classes are numbered as the set does it", () => {
    const folder = folderWith(miniature);
    const { items, classNames, templates } = readClasses(miniature.task, folder);
    const labelOf = new Map(miniature.images.map((path, index) => [path, miniature.labels[index]]));
    expect(items.length).toBe(miniature.images.length);
    for (const { path, labels } of items) expect(labels).toEqual([labelOf.get(path)]);
    expect(classNames.length).toBe(Math.max(...miniature.labels) + 1);
    // One template stands twice, and counts twice.
    expect(templates.length).toBe(3);
    expect(messageOf(() => readClasses(miniature.task, folder, "jp"))).toContain("jp_");
  });
});

test("the classes of a smaller set keep their names", () => {
  const [, , smaller] = classMiniatures;
  if (smaller === undefined) throw new Error("no miniature");
  const folder = folderWith(smaller);
  expect(readClasses(smaller.task, folder).classNames).toEqual(["dog", "horse"]);
  writeFileSync(join(folder, "wnids.txt"), "n00\nn01\n");
  expect(messageOf(() => readClasses(smaller.task, folder))).toContain(
    "wnids.txt`: it has no `n04`",
  );
});
