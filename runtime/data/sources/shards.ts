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
  let further: readonly string[] | undefined;
  const flush = (): void => {
    const entry = recordOf(`${file}: ${name ?? ""}`, parts);
    parts = {};
    const own = columnsOf(entry);
    if (own.length === 0 && entry.fields === undefined) return;
    if (entry.fields !== undefined) further ??= fieldsIn(root, entry.fields);
    const more = entry.fields === undefined ? [] : (further ?? []);
    writer.add(entry, [...new Set([...own, ...more])]);
  };
  for (const { path, kind, offset, size } of tarMembers(join(root, file))) {
    if (kind === "folder") continue;
    const dot = path.indexOf(".", path.lastIndexOf("/") + 1);
    const own = dot < 0 ? path : path.slice(0, dot);
    if (own !== name) flush();
    name = own;
    parts[dot < 0 ? "" : path.slice(dot + 1).toLowerCase()] = { file, offset, size };
  }
  flush();
}

/** Members of a record by what stands behind their first dots. */
type Parts = Record<string, FilePlace>;

function recordOf(name: string, parts: Parts): ManifestEntry {
  const { txt, cls, json } = parts;
  const [image] = Object.entries(parts).flatMap(([end, place]) => {
    const isImage = isImageName(`.${end}`) && !isMask(end);
    return isImage ? [place] : [];
  });
  const mask = Object.entries(parts).find(([end]) => isMask(end))?.[1];
  return {
    name,
    ...(image && { image }),
    ...(mask && { mask }),
    ...(txt && { text: txt }),
    ...(cls && { label: cls }),
    ...(json && { fields: json }),
  };
}

const isMask = (end: string) => /^(mask|seg)\./.test(end);

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
