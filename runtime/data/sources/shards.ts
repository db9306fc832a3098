import { join } from "node:path";
import { tarMembers } from "../../archives/tar-file.ts";
import { fault, RuntimeFault } from "../../faults.ts";
import { ReadableFile } from "../../files/read-bytes.ts";
import { entryOf, type FilePlace, type ManifestEntry } from "../manifest-entry.ts";
import { columnsOf, ManifestWriter } from "../manifest-writer.ts";
import type { ManifestIndex } from "../source-index.ts";
import { isImageName } from "./class-folders.ts";
import type { IndexRequest } from "./index-request.ts";
import { ShardCache } from "./shard-cache.ts";

/**
 * Tar shards as WebDataset has them: members that follow each other and have one name up to its first dot are one record;
 * `.jpg` (or another image) is its image, `.txt` a text, `.cls` a label, `.json` further fields. Where each begins is found
 * out once and kept in the cache folder. A split is the shards whose names begin with it.
 *
 * @throws {RuntimeFault} `archive-broken`, `archive-refused`, `data-empty`, `data-unknown-form`.
 */
export function indexShards(
  { path, split }: IndexRequest,
  root: string,
  files: readonly string[],
): ManifestIndex {
  const own = files.filter((file) => split === undefined || file.startsWith(split));
  if (own.length === 0) throw fault("data-empty", { path, split, splits: files.slice(0, 10) });
  const cache = ShardCache.of(root, own);
  const known = cache.read(path);
  if (known !== undefined) return known;
  const writer = new ManifestWriter(path, root);
  for (const file of own) noteShard(writer, root, file);
  if (writer.size === 0)
    throw fault("data-unknown-form", {
      path,
      reason: "its shards hold no images, texts or labels",
    });
  const index = writer.index();
  cache.write(index);
  return index;
}

/** Notes the records of one shard. What `.json` members have besides is known from the first of them. */
function noteShard(writer: ManifestWriter, root: string, file: string): void {
  let name: string | undefined;
  let parts: Parts = {};
  const columns = new ColumnLists((fields) => fieldsIn(root, fields));
  const flush = (): void => {
    const { image, mask, text, label, fields } = parts;
    parts = {};
    // A million records pass by here: what is undefined is left out when the line is written.
    const entry = { name: `${file}: ${name ?? ""}`, image, mask, text, label, fields };
    const own = columns.of(entry);
    if (own.length > 0 || fields !== undefined) writer.add(entry as ManifestEntry, own);
  };
  for (const { path, kind, offset, size } of tarMembers(join(root, file))) {
    if (kind === "folder") continue;
    const dot = path.indexOf(".", path.lastIndexOf("/") + 1);
    const own = dot < 0 ? path : path.slice(0, dot);
    if (own !== name) flush();
    name = own;
    const column = dot < 0 ? undefined : columnOf(path.slice(dot + 1));
    const isFirst = column !== undefined && parts[column] === undefined;
    // Of several pictures the first is meant.
    if (column !== undefined && (isFirst || (column !== "image" && column !== "mask")))
      parts[column] = { file, offset, size };
  }
  flush();
}

/** The members of a record that are read. */
type Parts = { [C in "image" | "mask" | "text" | "label" | "fields"]?: FilePlace | undefined };

/** What a member is by what stands behind its first dot. There are few of these. */
function columnOf(ending: string): keyof Parts | undefined {
  const end = ending.toLowerCase();
  const known = namedColumns[end];
  if (known !== undefined) return known;
  if (!isImageName(`.${end}`)) return undefined;
  return /^(mask|seg)\./.test(end) ? "mask" : "image";
}

const namedColumns: Readonly<Record<string, keyof Parts | undefined>> = {
  txt: "text",
  cls: "label",
  json: "fields",
  jpg: "image",
  png: "image",
};

/** The columns of records: a list for each of the few kinds of them. */
class ColumnLists {
  readonly #fieldsOf: (fields: FilePlace) => readonly string[];
  readonly #known = new Map<number, readonly string[]>();
  #further: readonly string[] | undefined;

  constructor(fieldsOf: (fields: FilePlace) => readonly string[]) {
    this.#fieldsOf = fieldsOf;
  }

  of({ image, mask, text, label, fields }: Parts): readonly string[] {
    const bit = (part: unknown, value: number): number => (part === undefined ? 0 : value);
    const kind = bit(image, 1) + bit(mask, 2) + bit(text, 4) + bit(label, 8) + bit(fields, 16);
    const known = this.#known.get(kind);
    if (known !== undefined) return known;
    if (fields !== undefined) this.#further ??= this.#fieldsOf(fields);
    const own = Object.entries({ image, mask, text, label }).flatMap(([name, part]) =>
      part === undefined ? [] : [name],
    );
    const more = fields === undefined ? [] : (this.#further ?? []);
    const all = [...new Set([...own, ...more])];
    this.#known.set(kind, all);
    return all;
  }
}

/** Columns that a `.json` member has; none where it is wrong, which its record will tell. */
function fieldsIn(root: string, { file, offset, size }: FilePlace): readonly string[] {
  const archive = new ReadableFile(join(root, file));
  try {
    const bytes = new Uint8Array(size);
    archive.read(bytes, offset);
    const found = entryOf(JSON.parse(new TextDecoder().decode(bytes)));
    return "wrong" in found ? [] : columnsOf(found.entry);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RuntimeFault) return [];
    throw error;
  } finally {
    archive.close();
  }
}
