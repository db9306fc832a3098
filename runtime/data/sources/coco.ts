import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fault } from "../../faults.ts";
import { readText } from "../../files/read-bytes.ts";
import { entryOf } from "../manifest-entry.ts";
import { ManifestWriter } from "../manifest-writer.ts";
import type { ManifestIndex } from "../source-index.ts";
import type { IndexRequest } from "./index-request.ts";
import { SplitFilter } from "./split-filter.ts";

/**
 * One document in the form of COCO: `images` with `id`, `file_name` and perhaps `split`, and `annotations` with `image_id`
 * and `caption`, or `category_id`. A record is an image with all its captions; its label is the place of its first category.
 * Karpathy's splits (`images` with `filename`, `sentences` and `split`) are read too.
 *
 * @throws {RuntimeFault} `data-unknown-form` where it is no such document, `data-field` with the place of an image.
 */
export function indexCoco({ path, split }: IndexRequest, file: string): ManifestIndex {
  const document = readDocument(file);
  const captions = new Map<unknown, string[]>();
  const labels = new Map<unknown, number>();
  const classes = (document.categories ?? []).map(({ id }) => id);
  for (const { image_id: id, caption, category_id: category } of document.annotations ?? []) {
    if (typeof caption === "string") captions.set(id, [...(captions.get(id) ?? []), caption]);
    const label = classes.indexOf(category);
    if (label >= 0 && !labels.has(id)) labels.set(id, label);
  }
  const root = rootOf(file, document.images);
  const writer = new ManifestWriter(path, root);
  const splits = new SplitFilter(path, split);
  for (const [place, one] of document.images.entries()) {
    const sentences = Array.isArray(one.sentences) ? one.sentences : [];
    const own = sentences.flatMap(({ raw }: { raw?: unknown }) =>
      typeof raw === "string" ? [raw] : [],
    );
    const text = captions.get(one.id) ?? (own.length > 0 ? own : undefined);
    const label = labels.get(one.id);
    const found = entryOf({
      image: imageOf(one),
      ...(text !== undefined && { text }),
      ...(label !== undefined && { label }),
    });
    if ("wrong" in found)
      throw fault("data-field", {
        path: file,
        line: place + 1,
        reason: `image ${place}: ${found.wrong}`,
      });
    if (splits.takes(one.split)) writer.add(found.entry);
  }
  splits.assertSome(writer.size);
  return writer.index();
}

type Item = Readonly<Record<string, unknown>>;

interface CocoDocument {
  readonly images: readonly Item[];
  readonly annotations?: readonly Item[];
  readonly categories?: readonly Item[];
}

function readDocument(path: string): CocoDocument {
  const wrong = (reason: string) => fault("data-unknown-form", { path, reason });
  let document: unknown;
  try {
    document = JSON.parse(readText(path, largestDocument));
  } catch (error) {
    if (error instanceof SyntaxError) throw wrong("it is not JSON");
    throw error;
  }
  const { images, annotations = [], categories = [] } = (document ?? {}) as Record<string, unknown>;
  if (!areItems(images)) throw wrong("it has no list `images`");
  if (!areItems(annotations)) throw wrong("its `annotations` are no list");
  if (!areItems(categories)) throw wrong("its `categories` are no list");
  return { images, annotations, categories };
}

function areItems(value: unknown): value is readonly Item[] {
  return Array.isArray(value) && value.every((one) => typeof one === "object" && one !== null);
}

function imageOf(item: Item): string {
  const name = String(item.file_name ?? item.filename ?? "");
  return typeof item.filepath === "string" ? `${item.filepath}/${name}` : name;
}

/** Images lie beside the document, or in a folder `images` there or beside its own. */
function rootOf(file: string, images: readonly Item[]): string {
  const folder = dirname(file);
  const [first] = images;
  const places = [folder, join(folder, "images"), join(folder, "..", "images"), join(folder, "..")];
  return (
    places.find((place) => first !== undefined && existsSync(join(place, imageOf(first)))) ?? folder
  );
}

const largestDocument = 1 << 29;
