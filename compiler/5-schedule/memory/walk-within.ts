import { invariant } from "../../diagnostics/internal-error.ts";
import type { KernelProgram } from "../../ir/kernel/kernel.ts";
import { rememberedReads, writesOf } from "../../ir/kernel/kernel-tensors.ts";
import { type Maker, makersIn } from "./makers.ts";

/** One kernel of a program in its turn, or those of a maker once more. */
export interface Run {
  /** Places in the program. */
  readonly kernels: readonly number[];
  /** What they made before was not kept. */
  readonly isAgain: boolean;
  /** The tensors that stand for those of the program, where these are others. */
  readonly tensorFor: ReadonlyMap<number, number>;
}

export interface Walk {
  readonly runs: readonly Run[];
  /** Tensors beside those of the program, numbered from behind them on: each is one of those made again. */
  readonly copies: readonly number[];
  /** The most bytes of intermediates at a time. */
  readonly peak: number;
}

/**
 * Goes through a program as if intermediates had `limit` bytes. Where there is no room for what a kernel makes,
 * tensors are let go that are cheap to make again, for their bytes and for as long as nobody reads them; who reads
 * one makes it again first, from what is there, and what is not there any more is made again before it. So single
 * cheap values go first, and whole blocks are run again where little is left. Where nothing can be let go, the limit
 * is passed. `undefined` where more would be done again than `mostAgain`, measured as makers are.
 */
export function walkWithin(
  walked: Walked,
  limit: number,
  mostAgain = Number.POSITIVE_INFINITY,
): Walk | undefined {
  return new Walker(walked, limit, mostAgain).walk();
}

/** A program and what every walk through it asks. */
export interface Walked {
  readonly program: KernelProgram;
  readonly makers: ReadonlyMap<number, Maker>;
  /** Intermediates that each kernel reads, and stores. */
  readonly reads: readonly (readonly number[])[];
  readonly writes: readonly (readonly number[])[];
  readonly bytesOf: (tensor: number) => number;
  /** For each intermediate the places of the kernels that read it. */
  readonly uses: readonly (readonly number[])[];
  /** What is made of it, by makers that may run again. */
  readonly children: readonly (readonly number[])[];
  /** The last place before which it may be made again; -1 for what may not. */
  readonly until: readonly number[];
  /** The place of the last kernel that stores to it. */
  readonly madeAt: readonly number[];
}

export function walkable(program: KernelProgram, bytesOf: (tensor: number) => number): Walked {
  const { tensors, kernels } = program;
  const isInner = (tensor: number): boolean => tensors[tensor]?.role === "intermediate";
  const readsOf = rememberedReads();
  const reads = kernels.map((kernel) => readsOf(kernel).filter(isInner));
  const writes = kernels.map((kernel) => writesOf(kernel).filter(isInner));
  const uses: number[][] = tensors.map(() => []);
  const madeAt: number[] = tensors.map(() => -1);
  for (const [place, own] of reads.entries()) for (const tensor of own) uses[tensor]?.push(place);
  for (const [place, own] of writes.entries()) for (const tensor of own) madeAt[tensor] = place;
  const makers = makersIn(program);
  const children: number[][] = tensors.map(() => []);
  const until: number[] = tensors.map(() => -1);
  const lastOf = ({ kernels: places }: Maker): number => places.at(-1) ?? 0;
  // In the order of their last kernels: what one reads was made before.
  const inOrder = [...new Set(makers.values())].sort((a, b) => lastOf(a) - lastOf(b));
  for (const maker of inOrder) {
    if (!maker.mayRunAgain) continue;
    const { reads: inputs, makes } = maker;
    const untils = inputs.map((tensor) => {
      const own = until[tensor] ?? -1;
      return own < 0 ? Number.POSITIVE_INFINITY : own;
    });
    const last = Math.min(maker.until, ...untils);
    for (const tensor of makes) until[tensor] = last;
    for (const tensor of inputs) children[tensor]?.push(...makes.filter(isInner));
  }
  return { program, makers, reads, writes, bytesOf, uses, children, until, madeAt };
}

const numbers = {
  /** So many are asked who is made of what, to find out when it may be wanted. */
  children: 64,
};

class Walker {
  readonly #walked: Walked;
  readonly #limit: number;
  readonly #mostAgain: number;
  readonly #runs: Run[] = [];
  readonly #copies: number[] = [];
  /** The tensor that stands for an intermediate now; those that are not there have none. */
  readonly #standIn = new Map<number, number>();
  /** How many kernels that are about to run hold on to it. */
  readonly #held: number[];
  /** How many of its uses are over. */
  readonly #used: number[];
  #now = 0;
  #live = 0;
  #peak = 0;
  #again = 0;

  constructor(walked: Walked, limit: number, mostAgain: number) {
    this.#walked = walked;
    this.#limit = limit;
    this.#mostAgain = mostAgain;
    this.#held = walked.uses.map(() => 0);
    this.#used = walked.uses.map(() => 0);
  }

  walk(): Walk | undefined {
    const { program, reads, writes } = this.#walked;
    for (const place of program.kernels.keys()) {
      this.#now = place;
      const inputs = reads[place] ?? [];
      this.#hold(inputs);
      const made = (writes[place] ?? []).filter((tensor) => !this.#standIn.has(tensor));
      this.#makeRoom(made);
      for (const tensor of made) this.#enter(tensor, tensor);
      this.#run([place], false);
      this.#letGo(inputs);
      if (this.#again > this.#mostAgain) return undefined;
    }
    return { runs: this.#runs, copies: this.#copies, peak: this.#peak };
  }

  /** Makes sure that all of these are there, and stay. */
  #hold(tensors: readonly number[]): void {
    const missing = tensors.filter((tensor) => !this.#standIn.has(tensor));
    const hold = (tensor: number): void => {
      this.#held[tensor] = (this.#held[tensor] ?? 0) + 1;
    };
    for (const tensor of tensors) if (!missing.includes(tensor)) hold(tensor);
    for (const tensor of missing) {
      if (!this.#standIn.has(tensor)) this.#makeAgain(tensor);
      hold(tensor);
    }
  }

  #letGo(tensors: readonly number[]): void {
    for (const tensor of tensors) this.#held[tensor] = (this.#held[tensor] ?? 0) - 1;
  }

  #makeAgain(wanted: number): void {
    const { makers, program, writes } = this.#walked;
    const maker = makers.get(wanted);
    invariant(maker?.mayRunAgain, `${program.tensors[wanted]?.name} was let go for good`);
    if (this.#again > this.#mostAgain) {
      // The walk is given up: nobody looks at what is made.
      this.#enter(wanted, wanted);
      return;
    }
    this.#again += maker.cost;
    this.#hold(maker.reads);
    this.#makeRoom(maker.makes);
    const own = new Map<number, number>();
    for (const tensor of maker.makes) {
      const copy = program.tensors.length + this.#copies.push(tensor) - 1;
      own.set(tensor, copy);
    }
    this.#run(maker.kernels, true, own);
    // What is there anyway is made beside it, and of no use.
    const isInner = (tensor: number): boolean =>
      maker.kernels.some((place) => writes[place]?.includes(tensor));
    for (const [tensor, copy] of own)
      if (isInner(tensor) && !this.#standIn.has(tensor)) this.#enter(tensor, copy);
    this.#letGo(maker.reads);
  }

  #enter(tensor: number, standIn: number): void {
    this.#standIn.set(tensor, standIn);
    this.#live += this.#walked.bytesOf(tensor);
  }

  #run(kernels: readonly number[], isAgain: boolean, own: ReadonlyMap<number, number> = new Map()): void {
    const { reads } = this.#walked;
    const tensorFor = new Map(own);
    for (const tensor of kernels.flatMap((place) => reads[place] ?? [])) {
      const standIn = own.get(tensor) ?? this.#standIn.get(tensor);
      if (standIn !== undefined && standIn !== tensor) tensorFor.set(tensor, standIn);
    }
    this.#runs.push({ kernels, isAgain, tensorFor });
  }

  #makeRoom(made: readonly number[]): void {
    const { bytesOf } = this.#walked;
    const needed = made.reduce((sum, tensor) => sum + bytesOf(tensor), 0);
    while (this.#live + needed > this.#limit) {
      const victim = this.#cheapest();
      if (victim === undefined) break;
      this.#standIn.delete(victim);
      this.#live -= bytesOf(victim);
    }
    this.#peak = Math.max(this.#peak, this.#live + needed);
  }

  /** What is there and costs the least to make again, for its bytes and the time until then. */
  #cheapest(): number | undefined {
    const { bytesOf, madeAt, until } = this.#walked;
    let best: { readonly tensor: number; readonly price: number } | undefined;
    for (const tensor of this.#standIn.keys()) {
      if (this.#held[tensor] !== 0 || (madeAt[tensor] ?? 0) >= this.#now) continue;
      const next = this.#nextUse(tensor);
      const wanted = next ?? this.#nextOfChildren(tensor);
      if (wanted === undefined) return tensor;
      const last = until[tensor] ?? -1;
      if (last < 0 || (next ?? 0) > last) continue;
      const span = bytesOf(tensor) * Math.max(1, wanted - this.#now);
      const price = this.#costOf(tensor) / Math.max(1, span);
      if (best === undefined || price < best.price) best = { tensor, price };
    }
    return best?.tensor;
  }

  /** The place of the next kernel that reads it; `undefined` where there is none. */
  #nextUse(tensor: number): number | undefined {
    const uses = this.#walked.uses[tensor] ?? [];
    let used = this.#used[tensor] ?? 0;
    while ((uses[used] ?? this.#now) < this.#now) used += 1;
    this.#used[tensor] = used;
    return uses[used];
  }

  /** When something may have to be made again of what nobody else reads any more. */
  #nextOfChildren(tensor: number): number | undefined {
    const { children } = this.#walked;
    const found = new Set(children[tensor]);
    let first: number | undefined;
    for (const child of found) {
      const next = this.#nextUse(child);
      if (next !== undefined) first = Math.min(first ?? next, next);
      else if (found.size < numbers.children) for (const own of children[child] ?? []) found.add(own);
    }
    return first;
  }

  /** With all that it would have to be made of. */
  #costOf(tensor: number): number {
    const { makers } = this.#walked;
    const found = new Set<Maker | undefined>([makers.get(tensor)]);
    let cost = 0;
    for (const maker of found) {
      cost += maker?.cost ?? 0;
      for (const input of maker?.reads ?? [])
        if (!this.#standIn.has(input)) found.add(makers.get(input));
    }
    return cost;
  }
}
