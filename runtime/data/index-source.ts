import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fault } from "../faults.ts";
import type { SourceIndex } from "./source-index.ts";
import { indexArrays, isArrayFile } from "./sources/arrays.ts";
import { indexClassFolders } from "./sources/class-folders.ts";
import { indexCoco } from "./sources/coco.ts";
import { indexCsv } from "./sources/csv.ts";
import { hasIdx, indexIdx } from "./sources/idx.ts";
import type { IndexRequest } from "./sources/index-request.ts";
import { indexJsonLines } from "./sources/jsonl.ts";
import { indexShards } from "./sources/shards.ts";

/**
 * Looks once at which records a data set has: a folder, or a file.
 *
 * @throws {RuntimeFault} `data-missing`, `data-unknown-form`, `data-empty`, and what is wrong with its lines.
 */
export function indexSource(request: IndexRequest): SourceIndex {
  const { path } = request;
  const status = statSync(path, { throwIfNoEntry: false });
  if (status === undefined) throw fault("data-missing", { path });
  return status.isDirectory() ? indexFolder(request) : indexFile(request, path);
}

function indexFolder(request: IndexRequest): SourceIndex {
  const { path } = request;
  const manifest = manifestNames.map((name) => join(path, name)).find((file) => existsSync(file));
  if (manifest !== undefined) return indexFile(request, manifest);
  const entries = readdirSync(path, { withFileTypes: true });
  const files = entries.flatMap((entry) => (entry.isDirectory() ? [] : [entry.name])).toSorted();
  const shards = files.filter((name) => name.endsWith(".tar"));
  if (shards.length > 0) return indexShards(request, path, shards);
  if (hasIdx(files)) return indexIdx(request, path, files);
  const arrays = files.filter(isArrayFile);
  if (arrays.length > 0)
    return indexArrays(
      request,
      arrays.map((name) => join(path, name)),
    );
  return indexClassFolders(request);
}

const manifestNames = ["captions.jsonl", "captions.csv"];

function indexFile(request: IndexRequest, file: string): SourceIndex {
  const { path } = request;
  if (file.endsWith(".jsonl")) return indexJsonLines(request, file);
  if (file.endsWith(".csv")) return indexCsv(request, file);
  if (file.endsWith(".json")) return indexCoco(request, file);
  if (file.endsWith(".tar")) return indexShards(request, dirname(file), [basename(file)]);
  if (isArrayFile(file)) return indexArrays(request, [file]);
  throw fault("data-unknown-form", { path, reason: "its name ends in none of the known ways" });
}
