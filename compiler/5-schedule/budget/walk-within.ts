import { invariant } from "../../diagnostics/internal-error.ts";
import type { Maker } from "../memory/makers.ts";
import type { Walkable } from "./walkable.ts";

/** One kernel of a program in its turn, or those of a maker once more. */
export interface Run {
  /** Places in the program. */
  readonly kernels: readonly number[];
  /** Set where the maker runs again: what it made was not kept. */
  readonly maker?: Maker;
  /** The tensors that stand for those of the program, where these are others. */
  readonly standIns: ReadonlyMap<number, number>;
}

/** A way through a program on which some of it runs again. */
export interface Walk {
  readonly runs: readonly Run[];
  /** The tensors that are made again, each as often as it is: their copies have numbers behind those of the program. */
  readonly copies: readonly number[];
}

export interface WalkLimits {
  /** Of intermediates that are there at a time. */
  readonly bytes: number;
  /** A walk on which more is done again is given up. */
  readonly mostAgain: number;
  /** What letting a tensor go is worth, by what making it again costs, its bytes, and for how many kernels it is not needed. */
  readonly price: (cost: number, bytes: number, span: number) => number;
}

/**
 * Goes through a program as if intermediates had a limited place. Where there is no room for what a kernel makes,
 * the tensors with the lowest price are let go; who reads one that is gone has it made again first, and before that
 * whatever it is made of and is gone as well. So single cheap values go first, and whole blocks run again where little
 * place is left. Where nothing can be let go, the limit is passed. It is the greedy rule of arXiv 2006.09616, with the
 * next use known and not guessed from the last one.
 */
export function walkWithin(program: Walkable, limits: WalkLimits): Walk | undefined {
  return new Walker(program, limits).walk();
}

const numbers = {
  /** Of so many tensors it is asked what is made of them, to find out when one may be wanted. */
  asked: 64,
  /** Where there is no room, so much of the limit is made free beside what is needed: prices are then asked less often. */
  spare: 64,
};

class Walker {
  readonly #program: Walkable;
  readonly #limits: WalkLimits;
  readonly #runs: Run[] = [];
  readonly #copies: number[] = [];
  /** What stands for each intermediate that is there. */
  readonly #standIns = new Map<number, number>();
  /** How many kernels that are about to run hold on to it. */
  readonly #held: number[];
  /** How many of its uses are over. */
  readonly #used: number[];
  #now = 0;
  #bytes = 0;
  #again = 0;

  constructor(program: Walkable, limits: WalkLimits) {
    this.#program = program;
    this.#limits = limits;
    this.#held = program.uses.map(() => 0);
    this.#used = program.uses.map(() => 0);
  }

  walk(): Walk | undefined {
    const { reads, writes } = this.#program;
    for (const [place, inputs] of reads.entries()) {
      this.#now = place;
      this.#hold(inputs);
      const made = (writes[place] ?? []).filter((tensor) => !this.#standIns.has(tensor));
      this.#makeRoom(made);
      for (const tensor of made) this.#enter(tensor, tensor);
      this.#runs.push({ kernels: [place], standIns: this.#standInsOf(inputs) });
      this.#letGo(inputs);
      if (this.#again > this.#limits.mostAgain) return undefined;
    }
    return { runs: this.#runs, copies: this.#copies };
  }

  /** Makes sure that all of these are there, and stay. */
  #hold(tensors: readonly number[]): void {
    const missing = tensors.filter((tensor) => !this.#standIns.has(tensor));
    const hold = (tensor: number): void => {
      this.#held[tensor] = (this.#held[tensor] ?? 0) + 1;
    };
    for (const tensor of tensors) if (this.#standIns.has(tensor)) hold(tensor);
    for (const tensor of missing) {
      if (!this.#standIns.has(tensor)) this.#makeAgain(tensor);
      hold(tensor);
    }
  }

  #letGo(tensors: readonly number[]): void {
    for (const tensor of tensors) this.#held[tensor] = (this.#held[tensor] ?? 0) - 1;
  }

  #makeAgain(wanted: number): void {
    const { makers, until, uses } = this.#program;
    const maker = makers.get(wanted);
    invariant(maker?.mayRunAgain, `tensor ${wanted} was let go for good`);
    this.#again += maker.cost;
    if (this.#again > this.#limits.mostAgain) {
      // The walk is given up: nobody looks at the rest of it.
      this.#enter(wanted, wanted);
      return;
    }
    invariant((until[wanted] ?? -1) >= this.#now, `tensor ${wanted} is made again too late`);
    this.#hold(maker.reads);
    this.#makeRoom(maker.makes);
    const standIns = new Map(this.#standInsOf(maker.reads));
    for (const tensor of maker.makes) {
      const copy = uses.length + this.#copies.push(tensor) - 1;
      standIns.set(tensor, copy);
      // What is there anyway is made beside it, and of no use.
      if (this.#isInner(tensor) && !this.#standIns.has(tensor)) this.#enter(tensor, copy);
    }
    this.#runs.push({ kernels: maker.kernels, maker, standIns });
    this.#letGo(maker.reads);
  }

  #isInner(tensor: number): boolean {
    return (this.#program.madeAt[tensor] ?? -1) >= 0;
  }

  #enter(tensor: number, standIn: number): void {
    this.#standIns.set(tensor, standIn);
    this.#bytes += this.#program.bytesOf(tensor);
  }

  #standInsOf(tensors: readonly number[]): ReadonlyMap<number, number> {
    const pairs = tensors.map((tensor) => [tensor, this.#standIns.get(tensor) ?? tensor] as const);
    return new Map(pairs.filter(([tensor, standIn]) => standIn !== tensor));
  }

  #makeRoom(made: readonly number[]): void {
    const { bytes: limit } = this.#limits;
    const needed = this.#bytesOf(made);
    if (this.#bytes + needed <= limit) return;
    const wanted = limit - needed - Math.floor(limit / numbers.spare);
    const offers = [...this.#standIns.keys()]
      .map((tensor) => ({ tensor, price: this.#priceOf(tensor) }))
      .filter(({ price }) => price < Number.POSITIVE_INFINITY)
      .sort((a, b) => a.price - b.price);
    while (this.#bytes > wanted) {
      const offer = offers.shift();
      if (offer === undefined) return;
      // What has been let go since then makes others dearer, never cheaper.
      const price = this.#priceOf(offer.tensor);
      const place = offers.findIndex((other) => other.price >= price);
      if (place > 0) offers.splice(place, 0, { ...offer, price });
      else {
        this.#standIns.delete(offer.tensor);
        this.#bytes -= this.#program.bytesOf(offer.tensor);
      }
    }
  }

  #bytesOf(tensors: readonly number[]): number {
    return tensors.reduce((sum, tensor) => sum + this.#program.bytesOf(tensor), 0);
  }

  /** Of letting it go; infinite for what has to stay. */
  #priceOf(tensor: number): number {
    const { bytesOf, madeAt, until } = this.#program;
    const isNeeded = this.#held[tensor] !== 0 || (madeAt[tensor] ?? 0) >= this.#now;
    const next = this.#nextUse(tensor);
    const last = until[tensor] ?? -1;
    if (isNeeded || last < 0 || (next ?? 0) > last) return Number.POSITIVE_INFINITY;
    const wanted = next ?? this.#missedAt(tensor);
    if (wanted === undefined) return 0;
    const span = Math.max(1, wanted - this.#now);
    return this.#limits.price(this.#costOf(tensor), bytesOf(tensor), span);
  }

  /** The place of the next kernel that reads it; `undefined` where there is none. */
  #nextUse(tensor: number): number | undefined {
    const uses = this.#program.uses[tensor] ?? [];
    let used = this.#used[tensor] ?? 0;
    while ((uses[used] ?? this.#now) < this.#now) used += 1;
    this.#used[tensor] = used;
    return uses[used];
  }

  /** When something has to be made again, directly or not, of what no kernel reads any more in its turn. */
  #missedAt(tensor: number): number | undefined {
    const { children } = this.#program;
    const asked = new Set(children[tensor]);
    let first: number | undefined;
    for (const child of asked) {
      if (this.#standIns.has(child)) continue;
      const next = this.#nextUse(child);
      if (next !== undefined) first = Math.min(first ?? next, next);
      else if (asked.size < numbers.asked) for (const own of children[child] ?? []) asked.add(own);
    }
    return first;
  }

  /** What making it again takes, with whatever has to be made again before. */
  #costOf(tensor: number): number {
    const { makers } = this.#program;
    const needed = new Set([makers.get(tensor)]);
    let cost = 0;
    for (const maker of needed) {
      cost += maker?.cost ?? 0;
      for (const input of maker?.reads ?? [])
        if (!this.#standIns.has(input)) needed.add(makers.get(input));
    }
    return cost;
  }
}
