import { createHash } from "node:crypto";
import type { ManifestEntry } from "./manifest-entry.ts";
import type { ManifestIndex } from "./source-index.ts";

/** Numbers, or bytes, that grow and end in memory that threads share. */
class SharedList<A extends Uint8Array | Float64Array> {
  readonly #make: (length: number) => A;
  #items: A;
  #length = 0;

  constructor(make: (length: number) => A) {
    this.#make = make;
    this.#items = make(1 << 12);
  }

  get length(): number {
    return this.#length;
  }

  push(items: A): void {
    this.#makeRoom(items.length);
    this.#items.set(items, this.#length);
    this.#length += items.length;
  }

  /** The same for two numbers, which need no array of their own. */
  pushTwo(one: number, other: number): void {
    this.#makeRoom(2);
    this.#items[this.#length++] = one;
    this.#items[this.#length++] = other;
  }

  #makeRoom(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#items.length) return;
    const larger = this.#make(Math.max(needed, 2 * this.#items.length));
    larger.set(this.#items.subarray(0, this.#length));
    this.#items = larger;
  }

  /** What was pushed. Memory behind it was never written to, and is none. */
  taken(): A {
    return this.#items.subarray(0, this.#length) as A;
  }
}

/** Memory that threads share. */
export const sharedBytes = (length: number) => new Uint8Array(new SharedArrayBuffer(length));
export const sharedNumbers = (length: number) =>
  new Float64Array(new SharedArrayBuffer(8 * length));
export const sharedWholes = (length: number) => new Int32Array(new SharedArrayBuffer(4 * length));

/** The index of records that are noted one after the other. */
export class ManifestWriter {
  readonly #path: string;
  readonly #root: string;
  readonly #places = new SharedList<Float64Array>(sharedNumbers);
  readonly #lines = new SharedList<Uint8Array>(sharedBytes);
  readonly #hash = createHash("sha256");
  readonly #encoder = new TextEncoder();
  /** Lines that are no bytes yet, and how many bytes there are with them. */
  #pending = "";
  #kept = 0;
  /** How many records have just these columns, joined by commas. */
  readonly #counts = new Map<string, number>();

  /** `root` is the folder that paths of the records are relative to. */
  constructor(path: string, root: string) {
    this.#path = path;
    this.#root = root;
  }

  get size(): number {
    return this.#places.length / 2;
  }

  /** Notes a record whose line is kept here. */
  add(entry: ManifestEntry, columns = columnsOf(entry)): void {
    const line = `${JSON.stringify(entry)}\n`;
    const length = Buffer.byteLength(line);
    this.#note(this.#kept, length, columns);
    this.#kept += length;
    this.#pending += line;
    if (this.#pending.length > pendingCharacters) this.#flush();
  }

  /** Notes a record whose line stands in a file. */
  addLine(start: number, line: Uint8Array, columns: readonly string[]): void {
    this.#note(start, line.length, columns);
    this.#hash.update(line);
  }

  /** The index; `lines` is the file of lines that stand in one. */
  index(lines?: string): ManifestIndex {
    this.#flush();
    const { size } = this;
    const counts = new Map<string, number>();
    for (const [names, count] of this.#counts)
      for (const name of names.split(",")) counts.set(name, (counts.get(name) ?? 0) + count);
    const columns = [...counts].flatMap(([name, count]) =>
      count === size && name !== "" ? [name] : [],
    );
    return {
      kind: "manifest",
      path: this.#path,
      root: this.#root,
      size,
      columns: columns.toSorted(),
      hash: this.#hash.digest("hex"),
      lines: lines ?? this.#lines.taken(),
      places: this.#places.taken(),
    };
  }

  /** Lines are turned into bytes many at a time. */
  #flush(): void {
    const bytes = this.#encoder.encode(this.#pending);
    this.#pending = "";
    this.#lines.push(bytes);
    this.#hash.update(bytes);
  }

  #note(start: number, length: number, columns: readonly string[]): void {
    this.#places.pushTwo(start, length);
    const names = columns.join();
    this.#counts.set(names, (this.#counts.get(names) ?? 0) + 1);
  }
}

const pendingCharacters = 1 << 16;

/** Columns that the line of a record names. */
export function columnsOf(entry: ManifestEntry): readonly string[] {
  return Object.keys(entry).filter((name) => name !== "fields" && name !== "name");
}
