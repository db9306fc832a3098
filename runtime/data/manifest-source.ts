import { join } from "node:path";
import { fault, RuntimeFault } from "../faults.ts";
import { ReadableFile, readWhole } from "../files/read-bytes.ts";
import { InternalError } from "../internal-error.ts";
import type { DataColumns, DataRecord, DataSource, Picture } from "./data-source.ts";
import {
  captionsIn,
  entryOf,
  type FileName,
  type FilePlace,
  isPlace,
  labelIn,
  type ManifestEntry,
} from "./manifest-entry.ts";
import type { ManifestIndex } from "./source-index.ts";

/** Records whose lines lie in a file or in memory, and what these name. */
export class ManifestSource implements DataSource {
  readonly path: string;
  readonly size: number;
  readonly columns: readonly string[];
  readonly hash: string;
  readonly #index: ManifestIndex;
  readonly #lines: ReadableFile | undefined;
  /** Archives, which are read at many places. */
  readonly #open = new Map<string, ReadableFile>();
  readonly #decoder = new TextDecoder();

  constructor(index: ManifestIndex) {
    const { path, size, columns, hash, lines } = index;
    this.path = path;
    this.size = size;
    this.columns = columns;
    this.hash = hash;
    this.#index = index;
    this.#lines = typeof lines === "string" ? new ReadableFile(lines) : undefined;
  }

  record(number: number): DataRecord {
    const entry = this.#entry(number);
    const merged = entry.fields === undefined ? entry : { ...this.#fields(entry.fields), ...entry };
    const { image, mask, text, label, key, turns } = merged;
    const name = nameOf(merged, number);
    const columns: { -readonly [C in keyof DataColumns]?: DataColumns[C] } = {};
    if (image !== undefined) columns.image = this.#picture(image, name);
    if (mask !== undefined) columns.mask = this.#picture(mask, name);
    if (text !== undefined) columns.text = isPlace(text) ? this.#captions(text) : text;
    if (label !== undefined) columns.label = typeof label === "number" ? label : this.#label(label);
    if (turns !== undefined) columns.turns = turns;
    columns.key = key ?? name;
    return { name, columns, arrays: {} };
  }

  keyOf(number: number): string {
    try {
      const entry = this.#entry(number);
      const { key } =
        entry.fields === undefined ? entry : { ...this.#fields(entry.fields), ...entry };
      return key ?? nameOf(entry, number);
    } catch (error) {
      if (error instanceof RuntimeFault) return `record ${number}`;
      throw error;
    }
  }

  close(): void {
    this.#lines?.close();
    for (const file of this.#open.values()) file.close();
  }

  #entry(number: number): ManifestEntry {
    const { places, lines } = this.#index;
    const [start, length] = [places[2 * number], places[2 * number + 1]];
    if (start === undefined || length === undefined) throw new InternalError(`no record ${number}`);
    let bytes: Uint8Array;
    if (typeof lines === "string") {
      bytes = new Uint8Array(length);
      this.#lines?.read(bytes, start);
    } else bytes = lines.slice(start, start + length);
    const fields = this.#json(bytes, this.#index.path);
    // Lines of our own have places of files in them, and were right when they were written.
    if (typeof lines !== "string") return fields as ManifestEntry;
    const found = entryOf(fields);
    if ("wrong" in found) throw this.#changed(this.#index.path, found.wrong);
    return found.entry;
  }

  #json(bytes: Uint8Array, path: string): unknown {
    try {
      return JSON.parse(this.#decoder.decode(bytes));
    } catch {
      throw this.#changed(path, "it is no longer JSON where a record was");
    }
  }

  #changed(path: string, reason: string) {
    return fault("file-unreadable", { path, reason });
  }

  #fields(place: FilePlace): ManifestEntry {
    const found = entryOf(this.#json(this.#bytes(place), place.file));
    if ("wrong" in found) throw this.#changed(place.file, found.wrong);
    return found.entry;
  }

  #captions(place: FilePlace) {
    const text = this.#decoder.decode(this.#bytes(place)).trim();
    const captions = captionsIn(text);
    if (captions === undefined) throw this.#changed(place.file, "a text is none");
    return captions;
  }

  #label(place: FilePlace): number {
    const text = this.#decoder.decode(this.#bytes(place)).trim();
    const label = /^\d+$/.test(text) ? labelIn(Number(text)) : undefined;
    if (label === undefined) throw this.#changed(place.file, `\`${text}\` is no label`);
    return label;
  }

  #picture(name: FileName, record: string): Picture {
    const path = isPlace(name) ? `${name.file}: ${record}` : join(this.#index.root, name);
    return { kind: "encoded", path, bytes: () => this.#bytes(name) };
  }

  #bytes(name: FileName): Uint8Array {
    if (!isPlace(name)) return readWhole(join(this.#index.root, name), largestFile);
    const path = join(this.#index.root, name.file);
    const file = this.#open.get(path) ?? new ReadableFile(path);
    this.#open.set(path, file);
    const bytes = new Uint8Array(name.size);
    file.read(bytes, name.offset);
    return bytes;
  }
}

function nameOf({ name, image }: ManifestEntry, number: number): string {
  return name ?? (typeof image === "string" ? image : `record ${number}`);
}

const largestFile = 1 << 28;
