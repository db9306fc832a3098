import type {
  BufferSpec,
  Packing,
  PlanSummary,
  StreamingSpec,
  TensorSpec,
} from "../../artifact.ts";
import { invariant } from "../../diagnostics/internal-error.ts";
import type { DeviceProfile } from "../../ir/device-profile.ts";
import type { KernelProgram } from "../../ir/kernel/kernel.ts";
import type { KernelTensor } from "../../ir/kernel/kernel-tensor.ts";
import { type ReadsOf, rememberedReads } from "../../ir/kernel/kernel-tensors.ts";
import { bytesOf, elementBytes } from "../../ir/kernel/tensor-address.ts";
import { alignment } from "../kernel-program/align-parts.ts";
import { type ArenaTensor, packArenas } from "./pack-arenas.ts";
import {
  isShortfall,
  type Shortfall,
  type StreamedWeights,
  streamWeights,
} from "./stream-weights.ts";
import { fullestMoment, largestLiveSet, lifetimesOf } from "./tensor-lifetimes.ts";

export interface MemoryPlan {
  readonly tensors: readonly TensorSpec[];
  readonly buffers: readonly BufferSpec[];
  readonly summary: PlanSummary;
  /** Set where the weights do not fit the budget and pass through slots. */
  readonly streaming?: StreamingSpec;
  /** Set where not even that fits; the plan is then one without a budget. */
  readonly overBudget?: OverBudget;
}

interface PlanOptions {
  /** What all buffers of a program together may take; without end where not given. */
  readonly bytes?: number;
  /** May weights pass through slots? */
  readonly streams?: boolean;
  readonly reads?: ReadsOf;
}

export interface OverBudget {
  readonly budget: number;
  /** The least budget that would do. */
  readonly least: number;
  /**
   * Where weights may stream, those that one kernel needs at once and that are the most, and what is updated and so
   * stays; else the intermediates that are there when most is.
   */
  readonly tensors: readonly number[];
}

/** Bytes of arenas, and the largest live set, before schedules are chosen: no packing touches these. */
export function arenaBytesOf(
  program: KernelProgram,
  profile: DeviceProfile,
  reads: ReadsOf,
): { readonly arenas: number; readonly lowerBound: number } {
  const tensors = livingTensors(program, reads);
  const { sizes } = packArenas(program.kernels, tensors, profile.maxBufferSize, reads);
  const arenas = sizes.reduce((sum, bytes) => sum + bytes, 0);
  return { arenas, lowerBound: largestLiveSet(tensors) };
}

/** Bytes of an intermediate in its arena: what holds no elements is bound all the same. */
export function livingBytesOf({ tensors }: KernelProgram): (tensor: number) => number {
  return (tensor) => {
    const found = tensors[tensor];
    return found === undefined ? 0 : roundUp(Math.max(4, bytesOf(found, rowMajor)), alignment);
  };
}

/** Bytes of everything but the arenas. */
export function fixedBytesOf(
  program: KernelProgram,
  packingOf: (tensor: number) => Packing,
  profile: DeviceProfile,
): number {
  const plan = new Plan(program, packingOf, 0);
  plan.placeGiven(profile.maxBufferSize);
  return bytesIn(plan.finish(), () => true);
}

/**
 * Gives every tensor its bytes before anything runs. Weights and constants lie in read-only buffers. Inputs, outputs
 * and what is updated in place (states, and weights that a step stores to) have one buffer each, so that no
 * dispatch binds a buffer for reading that it writes through another binding. Intermediates share a few arenas: what does not live at the same time may lie at the
 * same place, and no kernel writes an arena that it reads, because WebGPU forbids that in one dispatch.
 */
export function planMemory(
  program: KernelProgram,
  packingOf: (tensor: number) => Packing,
  profile: DeviceProfile,
  options: PlanOptions = {},
): MemoryPlan {
  const { bytes: budget = Number.POSITIVE_INFINITY, streams = false } = options;
  const { reads = rememberedReads() } = options;
  const lowerBound = program.reuse?.lowerBound ?? largestLiveSet(livingTensors(program, reads));
  const makePlan = (streamed?: StreamedWeights): MemoryPlan => {
    const plan = new Plan(program, packingOf, lowerBound);
    if (streamed !== undefined) plan.placeStreamed(streamed);
    plan.placeGiven(profile.maxBufferSize);
    plan.placeIntermediates(profile.maxBufferSize, reads);
    return plan.finish();
  };
  const whole = makePlan();
  const needed = bytesIn(whole, () => true);
  if (needed <= budget) return whole;
  if (!streams)
    return {
      ...whole,
      overBudget: { budget, least: needed, tensors: largestAtOnce(program, reads) },
    };
  const others = bytesIn(whole, ({ role }) => role !== "parameters");
  const sizeOf = (tensor: number): number =>
    roundUp(Math.max(4, whole.tensors[tensor]?.bytes ?? 0), alignment);
  const found = streamWeights(program, sizeOf, budget - others, profile.maxBufferSize);
  if (isShortfall(found)) {
    const states = program.tensors.filter(({ role, partOf }) => role === "state" && !partOf);
    const tensors = [...found.tensors, ...states.map(({ id }) => id)];
    return { ...whole, overBudget: overBudget({ ...found, tensors }, budget, others) };
  }
  const plan = makePlan(found);
  return { ...plan, streaming: { budget, groups: found.groups, segments: found.segments } };
}

function overBudget({ least, tensors }: Shortfall, budget: number, others: number): OverBudget {
  return { budget, least: least + others, tensors };
}

function bytesIn({ buffers }: MemoryPlan, counts: (buffer: BufferSpec) => boolean): number {
  return buffers.reduce((sum, buffer) => sum + (counts(buffer) ? buffer.bytes : 0), 0);
}

class Plan {
  readonly #program: KernelProgram;
  readonly #packingOf: (tensor: number) => Packing;
  readonly #buffers: BufferSpec[] = [];
  readonly #placed: TensorSpec[] = [];
  readonly #lowerBound: number;
  #streamedBytes = 0;

  constructor(program: KernelProgram, packingOf: (tensor: number) => Packing, lowerBound: number) {
    this.#lowerBound = lowerBound;
    this.#program = program;
    this.#packingOf = packingOf;
  }

  /** In two slots; their bytes count as weights, though not all are there at a time. */
  placeStreamed({ buffers, places }: StreamedWeights): void {
    const first = this.#buffers.length;
    for (const { slot, bytes } of buffers)
      this.#buffers.push({ name: `slot ${slot}`, role: "slot", bytes });
    for (const { tensor, buffer, offset } of places) {
      const own = this.#program.tensors[tensor] as KernelTensor;
      this.#place(own, first + buffer, offset);
      this.#streamedBytes += roundUp(this.#bytes(own), alignment);
    }
  }

  /** Everything but intermediates. */
  placeGiven(maxBufferSize: number): void {
    this.placeFixed("parameter", maxBufferSize);
    this.placeFixed("constant", maxBufferSize);
    this.placeOwn("state");
    this.placeOwn("scratch");
    this.placeOwn("input");
    this.placeOwn("output");
  }

  /** In order, as many in one buffer as it may hold; a tensor is never cut. */
  placeFixed(role: "parameter" | "constant", maxBufferSize: number): void {
    const buffers = `${role}s` as const;
    let open: KernelTensor[] = [];
    let bytes = 0;
    const close = (): void => {
      if (open.length === 0) return;
      const number = this.#buffers.filter((buffer) => buffer.role === buffers).length;
      this.#addBuffer(`${buffers} ${number}`, buffers, open);
      open = [];
      bytes = 0;
    };
    for (const tensor of this.#withRole(role)) {
      if (this.#placed[tensor.id] !== undefined) continue;
      const own = roundUp(this.#bytes(tensor), alignment);
      if (bytes + own > maxBufferSize) close();
      open.push(tensor);
      bytes += own;
    }
    close();
  }

  /** A buffer for each; parts lie where they do in what they are parts of. */
  placeOwn(role: "input" | "output" | "state" | "scratch"): void {
    const tensors = this.#withRole(role);
    const buffers = role === "input" || role === "output" ? role : "states";
    for (const tensor of tensors.filter(({ partOf }) => partOf === undefined))
      this.#addBuffer(`${role} ${tensor.name}`, buffers, [tensor]);
    for (const tensor of tensors) {
      const whole = tensor.partOf && this.#placed[tensor.partOf.tensor];
      if (tensor.partOf === undefined) continue;
      invariant(whole !== undefined, `${tensor.name} is part of what has no place`);
      const start = tensor.partOf.first * elementBytes[tensor.storage];
      this.#place(tensor, whole.buffer, whole.offset + start);
    }
  }

  placeIntermediates(maxBufferSize: number, reads: ReadsOf): void {
    const tensors = livingTensors(this.#program, reads);
    const arenas = packArenas(this.#program.kernels, tensors, maxBufferSize, reads);
    arenas.sizes.forEach((bytes, n) => {
      this.#buffers.push({ name: `arena ${n}`, role: "arena", bytes });
    });
    const first = this.#buffers.length - arenas.sizes.length;
    for (const { id, arena, offset } of arenas.places) {
      const tensor = this.#program.tensors[id] as KernelTensor;
      this.#place(tensor, first + arena, offset);
    }
  }

  finish(): MemoryPlan {
    const total = (role: BufferSpec["role"]): number =>
      this.#buffers.reduce((sum, buffer) => sum + (buffer.role === role ? buffer.bytes : 0), 0);
    return {
      tensors: this.#placed,
      buffers: this.#buffers,
      summary: {
        weightBytes: total("parameters") + this.#streamedBytes,
        constantBytes: total("constants"),
        arenaBytes: total("arena"),
        lowerBound: this.#lowerBound,
        inputBytes: total("input"),
        outputBytes: total("output"),
        stateBytes: total("states"),
      },
    };
  }

  #withRole(role: KernelTensor["role"]): readonly KernelTensor[] {
    return this.#program.tensors.filter((tensor) => tensor.role === role);
  }

  #bytes(tensor: KernelTensor): number {
    return bytesOf(tensor, this.#packingOf(tensor.id));
  }

  #addBuffer(name: string, role: BufferSpec["role"], tensors: readonly KernelTensor[]): void {
    let offset = 0;
    for (const tensor of tensors) {
      this.#place(tensor, this.#buffers.length, offset);
      offset += roundUp(this.#bytes(tensor), alignment);
    }
    // A buffer of no bytes cannot be bound.
    this.#buffers.push({ name, role, bytes: Math.max(offset, alignment) });
  }

  #place(tensor: KernelTensor, buffer: number, offset: number): void {
    const { id, name, shape, storage } = tensor;
    const bytes = Math.max(4, this.#bytes(tensor));
    const packing = this.#packingOf(id);
    this.#placed[id] = { name, shape, storage, buffer, offset, bytes, packing };
  }
}

/** The intermediates: how many bytes, from which kernel to which. */
function livingTensors(program: KernelProgram, reads: ReadsOf): readonly ArenaTensor[] {
  const lifetimes = lifetimesOf(program, reads);
  const bytesEach = livingBytesOf(program);
  return program.tensors
    .filter(({ role }) => role === "intermediate")
    .map((tensor) => {
      const lifetime = lifetimes.get(tensor.id) ?? { first: 0, last: 0 };
      return { id: tensor.id, bytes: bytesEach(tensor.id), ...lifetime };
    });
}

/** The intermediates that live when most bytes do. */
function largestAtOnce(program: KernelProgram, reads: ReadsOf): readonly number[] {
  const living = livingTensors(program, reads);
  const at = fullestMoment(living);
  return living.filter(({ first, last }) => first <= at && at <= last).map(({ id }) => id);
}

const rowMajor: Packing = { kind: "row-major" };

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
