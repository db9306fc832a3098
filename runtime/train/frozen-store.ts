import type { Tensor } from "../tensor.ts";

/** What the frozen parts of a stage make of a sample, an array for each result. */
export type FrozenRow = readonly Tensor["data"][];

/** What frozen parts made of samples, in memory, for the runs of one process. */
export class FrozenStore {
  readonly #rows = new Map<string, FrozenRow>();
  readonly #limit: number;
  #bytes = 0;
  #taken = 0;

  /** `limit` in bytes: what comes when there is no more room is made again each time. */
  constructor(limit = usualLimit) {
    this.#limit = limit;
  }

  /** How many rows were there when they were asked for. */
  get taken(): number {
    return this.#taken;
  }

  get size(): number {
    return this.#rows.size;
  }

  get(key: string): FrozenRow | undefined {
    const found = this.#rows.get(key);
    if (found !== undefined) this.#taken += 1;
    return found;
  }

  add(key: string, row: FrozenRow): void {
    const bytes = row.reduce((sum, { byteLength }) => sum + byteLength, 0);
    if (this.#rows.has(key) || this.#bytes + bytes > this.#limit) return;
    this.#rows.set(key, row);
    this.#bytes += bytes;
  }
}

const usualLimit = 1 << 30;
