import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fault } from "../../faults.ts";
import { ManifestWriter } from "../manifest-writer.ts";
import type { ManifestIndex } from "../source-index.ts";
import type { IndexRequest } from "./index-request.ts";
import { SplitFilter } from "./split-filter.ts";

/**
 * A folder of images for each class: `cat/1.png`. Labels are the places of the folders in the order of their names, which
 * are texts too. A split is a folder above them (`train/cat/1.png`).
 *
 * @throws {RuntimeFault} `data-unknown-form` where there are no such folders.
 */
export function indexClassFolders({ path, split }: IndexRequest): ManifestIndex {
  const root = split === undefined ? path : join(path, split);
  const above = foldersIn(path);
  if (split !== undefined && !above.includes(split))
    throw fault("data-empty", { path, split, splits: above });
  const writer = new ManifestWriter(path, root);
  const classes = foldersIn(root);
  for (const [label, name] of classes.entries()) {
    const text = { "": [name.replaceAll(/[_-]+/g, " ")] };
    for (const image of imagesIn(root, name)) writer.add({ image, label, text });
  }
  if (classes.length === 0 || writer.size === 0) {
    const reason = "it has neither captions nor folders of images";
    throw fault("data-unknown-form", { path, reason });
  }
  new SplitFilter(path, split).assertSome(writer.size);
  return writer.index();
}

function foldersIn(path: string): readonly string[] {
  const entries = readdirSync(path, { withFileTypes: true });
  return entries
    .flatMap((entry) => (entry.isDirectory() && !entry.name.startsWith(".") ? [entry.name] : []))
    .toSorted();
}

/** Paths of images in a folder and those in it, from `root` on. */
function imagesIn(root: string, folder: string): readonly string[] {
  const entries = readdirSync(join(root, folder), { withFileTypes: true });
  const names = entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return names.flatMap((entry) => {
    const name = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return imagesIn(root, name);
    return isImageName(entry.name) ? [name] : [];
  });
}

/** By its name alone: what it holds is looked at when it is decoded. */
export function isImageName(name: string): boolean {
  return /\.(png|jpe?g|webp|gif|tiff?|avif)$/i.test(name);
}
