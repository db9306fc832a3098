import type { Kernel, KernelProgram } from "../../ir/kernel/kernel.ts";
import { rememberedReads, writesOf } from "../../ir/kernel/kernel-tensors.ts";
import { overlapping } from "../../ir/kernel/slab-tensors.ts";
import { workOf } from "../kernel-program/kernel-work.ts";

/** Kernels that store one tensor between them, each with all that they store: they run together. */
export interface Maker {
  /** Places in the order of the program. */
  readonly kernels: readonly number[];
  /** Intermediates, and outputs, that they store. */
  readonly makes: readonly number[];
  /** Intermediates of others that they read. */
  readonly reads: readonly number[];
  /** May they run a second time, one right after the other, and leave the same bits in other tensors? */
  readonly mayRunAgain: boolean;
  /** The last place before which they may: there a state is stored to that they read as it was. */
  readonly until: number;
  /** What running them takes: operations, and bytes by what a device does in their time. */
  readonly cost: number;
}

const numbers = {
  /** Operations in the time of a byte to or from memory: a few on a processor, more on a graphics card. */
  perByte: 8,
};

/** Who makes each tensor of a program in which results do not yet lie in the place of operands. */
export function makersIn(program: KernelProgram): ReadonlyMap<number, Maker> {
  const facts = new Facts(program);
  const makers = new Map<number, Maker>();
  for (const places of kernelsTogether(program)) {
    const maker = facts.makerOf(places);
    for (const tensor of maker.makes) makers.set(tensor, maker);
  }
  return makers;
}

/** Places of kernels by what they store, each place once. */
function kernelsTogether({ kernels }: KernelProgram): readonly (readonly number[])[] {
  const groups: (readonly number[])[] = [];
  const groupOf = new Map<number, number>();
  kernels.forEach((kernel, place) => {
    const written = writesOf(kernel);
    const others = [...new Set(written.flatMap((tensor) => groupOf.get(tensor) ?? []))];
    const [into = groups.length] = others;
    const joined = [...others.flatMap((group) => groups[group] ?? []), place];
    for (const other of others) groups[other] = [];
    groups[into] = joined.sort((a, b) => a - b);
    for (const own of joined)
      for (const tensor of writesOf(kernels[own] as Kernel)) groupOf.set(tensor, into);
  });
  return groups.filter(({ length }) => length > 0);
}

class Facts {
  readonly #program: KernelProgram;
  readonly #reads = rememberedReads();
  /** Of each tensor the places of the kernels that store to it or to what it overlaps, in each step. */
  readonly #stored = new Map<string, number[]>();

  constructor(program: KernelProgram) {
    this.#program = program;
    const around = overlapping(program.tensors);
    program.kernels.forEach((kernel, place) => {
      for (const tensor of writesOf(kernel).flatMap(around)) {
        const key = keyOf(kernel, tensor);
        const others = this.#stored.get(key);
        if (others === undefined) this.#stored.set(key, [place]);
        else others.push(place);
      }
    });
  }

  makerOf(places: readonly number[]): Maker {
    const { tensors } = this.#program;
    const kernels = places.map((place) => this.#program.kernels[place] as Kernel);
    const makes = [...new Set(kernels.flatMap(writesOf))];
    const reads = [...new Set(kernels.flatMap(this.#reads))];
    const costs = kernels.map((kernel) => {
      const { flops, bytesRead, bytesWritten } = workOf(kernel, tensors);
      return flops + numbers.perByte * (bytesRead + bytesWritten);
    });
    return {
      kernels: places,
      makes,
      reads: reads.filter((one) => tensors[one]?.role === "intermediate" && !makes.includes(one)),
      mayRunAgain:
        makes.every((tensor) => this.#mayBeCopied(tensor)) &&
        places.every((place) => this.#isSettled(place)) &&
        this.#isUndivided(places, makes),
      until: Math.min(...places.map((place) => this.#untilOf(place))),
      cost: costs.reduce((sum, cost) => sum + cost, 0),
    };
  }

  /** A state would be updated twice; a part of an output is bound where the output lies. */
  #mayBeCopied(tensor: number): boolean {
    const { role, partOf } = this.#program.tensors[tensor] ?? {};
    return role === "intermediate" || (role === "output" && partOf === undefined);
  }

  /** Whether nothing stores any more to what a kernel reads, states that it reads as they were aside. */
  #isSettled(place: number): boolean {
    const kernel = this.#program.kernels[place] as Kernel;
    return this.#reads(kernel).every((tensor) => {
      const isBefore = kernel.readsBefore?.includes(tensor) === true;
      return isBefore || (this.#stored.get(keyOf(kernel, tensor))?.at(-1) ?? -1) < place;
    });
  }

  #untilOf(place: number): number {
    const kernel = this.#program.kernels[place] as Kernel;
    const firsts = (kernel.readsBefore ?? []).map((tensor) => {
      return this.#stored.get(keyOf(kernel, tensor))?.[0] ?? Number.POSITIVE_INFINITY;
    });
    return Math.min(...firsts, Number.POSITIVE_INFINITY);
  }

  /** Whether no other kernel has to run between the first of them and the last. */
  #isUndivided(places: readonly number[], makes: readonly number[]): boolean {
    const [from = 0, to = from] = [places[0], places.at(-1)];
    const own = new Set(makes);
    const behind = new Set<number>();
    for (let place = from; place <= to; place++) {
      const kernel = this.#program.kernels[place] as Kernel;
      const reads = this.#reads(kernel);
      if (places.includes(place)) {
        if (reads.some((tensor) => behind.has(tensor))) return false;
      } else if (reads.some((tensor) => own.has(tensor) || behind.has(tensor)))
        for (const tensor of writesOf(kernel)) behind.add(tensor);
    }
    return true;
  }
}

function keyOf({ step = 0 }: Kernel, tensor: number): string {
  return `${step} ${tensor}`;
}
