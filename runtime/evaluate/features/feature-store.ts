// Features by what they are of: each item once, however many lists it stands in.
import { createHash } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Tensor } from "../../tensor.ts";
import { Checkpoint } from "../../weights/checkpoint.ts";
import { readSafetensors } from "../../weights/read-tensor.ts";
import { writeSafetensors } from "../../weights/write-safetensors.ts";

/** Where the features of an item lie. */
interface Place {
  readonly shard: string;
  readonly row: number;
}

const keyWords = 8;
/** Shards that are open at a time: neighbours of a list lie in one or two. */
const mostOpen = 16;

/**
 * A folder of `.safetensors` shards, each with `features` [item, width] and `keys` [item, 8], the words of a SHA-256.
 * Shards are only ever added, each written whole and then given its name, so that processes may share a folder.
 */
export class FeatureStore {
  readonly #folder: string;
  readonly #places = new Map<string, Place>();
  readonly #open = new Map<string, Checkpoint>();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static open(folder: string): FeatureStore {
    const store = new FeatureStore(folder);
    const names = existsSync(folder) ? readdirSync(folder) : [];
    for (const name of names.filter((one) => one.endsWith(".safetensors")).sort()) {
      const { keys } = readSafetensors(join(folder, name), ["keys"]);
      if (keys !== undefined) store.#register(name, keys.data);
    }
    return store;
  }

  has(key: string): boolean {
    return this.#places.has(key);
  }

  /** Keeps rows [item, width] under the keys of their items. */
  add(keys: readonly string[], rows: Float32Array): void {
    if (keys.length === 0) return;
    const words = new Int32Array(keys.length * keyWords);
    for (const [row, key] of keys.entries())
      words.set(new Int32Array(Uint8Array.from(Buffer.from(key, "hex")).buffer), row * keyWords);
    const name = `${createHash("sha256").update(words).digest("hex").slice(0, 32)}.safetensors`;
    const features: Tensor = {
      element: "f32",
      shape: [keys.length, rows.length / keys.length],
      data: rows,
    };
    writeSafetensors(join(this.#folder, name), {
      keys: { element: "i32", shape: [keys.length, keyWords], data: words },
      features,
    });
    this.#register(name, words);
  }

  /** The features of items, all of which are here, in the order of the keys: [item, width]. */
  rows(keys: readonly string[]): { readonly data: Float32Array; readonly width: number } {
    const places = keys.map((key) => this.#places.get(key));
    let data = new Float32Array();
    let width = 0;
    for (let first = 0; first < places.length; ) {
      const place = places[first];
      if (place === undefined) throw new RangeError("an item that is not in the store");
      // Neighbours in a list mostly are neighbours in a shard, and are read in one go.
      let end = first + 1;
      while (isNext(places[end], place, end - first)) end++;
      const { file, start, shape } = this.#checkpoint(place.shard).find("features");
      if (data.length === 0) {
        width = shape[1] ?? 0;
        data = new Float32Array(keys.length * width);
      }
      const target = new Uint8Array(data.buffer, 4 * first * width, 4 * (end - first) * width);
      file.read(target, start + 4 * place.row * width);
      first = end;
    }
    return { data, width };
  }

  close(): void {
    for (const checkpoint of this.#open.values()) checkpoint.close();
    this.#open.clear();
  }

  #register(shard: string, words: ArrayLike<number>): void {
    const all = Int32Array.from(words);
    for (let row = 0; row < all.length / keyWords; row++) {
      const bytes = Buffer.from(all.buffer, 4 * row * keyWords, 4 * keyWords);
      this.#places.set(bytes.toString("hex"), { shard, row });
    }
  }

  #checkpoint(shard: string): Checkpoint {
    const known = this.#open.get(shard);
    if (known !== undefined) return known;
    const [oldest] = this.#open;
    if (oldest !== undefined && this.#open.size >= mostOpen) {
      oldest[1].close();
      this.#open.delete(oldest[0]);
    }
    const opened = Checkpoint.open(join(this.#folder, shard));
    this.#open.set(shard, opened);
    return opened;
  }
}

function isNext(place: Place | undefined, first: Place, distance: number): boolean {
  return place?.shard === first.shard && place.row === first.row + distance;
}
