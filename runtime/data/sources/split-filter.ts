import { fault } from "../../faults.ts";

/** Takes the records of one split, and knows which others there are. */
export class SplitFilter {
  readonly #path: string;
  readonly #split: string | undefined;
  readonly #seen = new Set<string>();

  constructor(path: string, split: string | undefined) {
    this.#path = path;
    this.#split = split;
  }

  takes(split: unknown): boolean {
    if (typeof split === "string") this.#seen.add(split);
    return this.#split === undefined || split === this.#split;
  }

  /** @throws {RuntimeFault} `data-empty` where no record is left. */
  assertSome(size: number): void {
    if (size > 0) return;
    throw fault("data-empty", { path: this.#path, split: this.#split, splits: [...this.#seen] });
  }
}
