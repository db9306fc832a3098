/**
 * Pairs of neighbours that may be merged, the best first: by rank, and among equals by place. A binary
 * heap over one number per pair, so that a long text makes no objects.
 */
export class MergeQueue {
  /** `rank * 2^32 + place`: both are whole and small enough for the sum to be exact. */
  readonly #keys: number[] = [];
  readonly #lengths: number[] = [];
  /** The first of the two, and the length of both together, as the last `take` found them. */
  place = 0;
  length = 0;

  add(rank: number, place: number, length: number): void {
    const key = rank * 2 ** 32 + place;
    let at = this.#keys.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = this.#keys[parent] ?? 0;
      if (above <= key) break;
      this.#set(at, above, this.#lengths[parent] ?? 0);
      at = parent;
    }
    this.#set(at, key, length);
  }

  /** Takes the best pair out; false where none is left. */
  take(): boolean {
    const [best] = this.#keys;
    const [length] = this.#lengths;
    if (best === undefined || length === undefined) return false;
    this.place = best % 2 ** 32;
    this.length = length;
    const key = this.#keys.pop() ?? 0;
    const lastLength = this.#lengths.pop() ?? 0;
    if (this.#keys.length > 0) this.#sink(key, lastLength);
    return true;
  }

  #sink(key: number, length: number): void {
    const keys = this.#keys;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      let least = keys[child];
      if (least === undefined) break;
      const other = keys[child + 1];
      if (other !== undefined && other < least) {
        child += 1;
        least = other;
      }
      if (key <= least) break;
      this.#set(at, least, this.#lengths[child] ?? 0);
      at = child;
    }
    this.#set(at, key, length);
  }

  #set(at: number, key: number, length: number): void {
    this.#keys[at] = key;
    this.#lengths[at] = length;
  }
}
