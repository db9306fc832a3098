import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { Findings } from "../../runtime/evaluate/entries/findings.ts";
import { findTask } from "../../runtime/evaluate/tasks/task-registry.ts";
import { RuntimeFault } from "../../runtime/faults.ts";
import { galleryMiniatures } from "../support/evaluate/gallery-miniatures.ts";
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
