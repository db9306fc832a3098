import type { Lifetime } from "./tensor-lifetimes.ts";

type Block = Lifetime & { readonly bytes: number };

/**
 * What lies in one arena, by offset: where a tensor fits between those that live at the same time is asked for every
 * tensor, arena and order, so the numbers stand in flat lists.
 */
export class ArenaSpace {
  readonly #offsets: number[] = [];
  readonly #ends: number[] = [];
  readonly #firsts: number[] = [];
  readonly #lasts: number[] = [];

  /** Best fit: the offset of the smallest gap between tensors that live at the same time; else after them. */
  gapFor({ bytes, first, last }: Block): number {
    let end = 0;
    let best: number | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (let n = 0; n < this.#offsets.length; n++) {
      if ((this.#firsts[n] as number) > last || (this.#lasts[n] as number) < first) continue;
      const waste = (this.#offsets[n] as number) - end - bytes;
      if (waste >= 0 && waste < least) {
        best = end;
        least = waste;
      }
      end = Math.max(end, this.#ends[n] as number);
    }
    return best ?? end;
  }

  /** Keeps the order of offsets, and among equal ones the order in which they came. */
  add({ bytes, first, last }: Block, offset: number): void {
    let place = this.#offsets.length;
    while (place > 0 && (this.#offsets[place - 1] as number) > offset) place -= 1;
    this.#offsets.splice(place, 0, offset);
    this.#ends.splice(place, 0, offset + bytes);
    this.#firsts.splice(place, 0, first);
    this.#lasts.splice(place, 0, last);
  }
}
