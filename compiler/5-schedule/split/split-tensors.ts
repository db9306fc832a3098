import type { Kernel, KernelProgram } from "../../ir/kernel/kernel.ts";
import type { KernelTensor } from "../../ir/kernel/kernel-tensor.ts";
import { rememberedTensors, writesOf } from "../../ir/kernel/kernel-tensors.ts";
import { bytesOf, elementBytes } from "../../ir/kernel/tensor-address.ts";
import { alignment, alignParts, leadOf } from "../kernel-program/align-parts.ts";
import type { KernelPass } from "../kernel-program/kernel-pass.ts";
import { type FewerBindings, reduceBindings } from "./reduce-bindings.ts";
import { type Cut, type SplitKernel, splitKernel } from "./split-kernel.ts";

/**
 * Cuts tensors that one binding cannot hold, and the kernels that touch them. Weights, inputs and
 * outputs are cut along their first dimensions, so that a part is a run of elements as a file has them;
 * what is between kernels along whichever dimension costs least. What cannot be cut stays, and is told.
 */
export const splitTensors: KernelPass = {
  name: "split-tensors",
  summary: "cut tensors that one binding cannot hold",
  run: (program, { profile }) => {
    const limit = Math.min(profile.maxStorageBufferBindingSize, profile.maxBufferSize);
    const splitting = new Splitting(program, limit, profile.maxStorageBuffersPerShaderStage);
    splitting.run();
    return alignParts(splitting.program);
  },
};

class Splitting {
  readonly #limit: number;
  readonly #maxTensors: number;
  readonly #tensors: KernelTensor[];
  /** Most kernels stand through many cuts. */
  readonly #tensorsOf = rememberedTensors();
  readonly #steps: KernelProgram["steps"];
  #kernels: readonly Kernel[];

  constructor(program: KernelProgram, limit: number, maxTensors: number) {
    this.#limit = limit;
    this.#maxTensors = maxTensors;
    this.#tensors = [...program.tensors];
    this.#kernels = program.kernels;
    this.#steps = program.steps;
  }

  get program(): KernelProgram {
    return { tensors: this.#tensors, kernels: this.#kernels, steps: this.#steps };
  }

  run(): void {
    // Parts come at the end of the list, and are cut again where they still are too large.
    for (let id = 0; id < this.#tensors.length; id++) {
      while (this.#isTooLarge(id) && this.#split(this.#tensors[id] as KernelTensor)) {}
    }
  }

  #isTooLarge(id: number): boolean {
    const tensor = this.#tensors[id] as KernelTensor;
    if (boundBytes(tensor) <= this.#limit) return false;
    return this.#kernels.some((kernel) => this.#tensorsOf(kernel).includes(id));
  }

  #split(tensor: KernelTensor): boolean {
    const options = dimensionsOf(tensor)
      .map((dimension) => this.#attempt(tensor, dimension))
      .filter((option) => option !== undefined)
      .sort((a, b) => a.cost - b.cost);
    const [best] = options;
    if (best === undefined) return false;
    this.#kernels = best.kernels;
    for (const part of best.parts) this.#tensors[part.id] = part;
    return true;
  }

  #attempt(tensor: KernelTensor, dimension: number): Option | undefined {
    const rows = this.#rowsPerPart(tensor, dimension);
    if (rows === undefined) return undefined;
    const extent = tensor.shape[dimension] ?? 1;
    const keepsWhole = isOfInterface(tensor) && tensor.partOf === undefined;
    const cutParts: Cut["parts"][number][] = [];
    for (let from = 0; from < extent; from += rows) {
      const isFirst = from === 0 && !keepsWhole;
      const number = this.#tensors.length + cutParts.length - (keepsWhole ? 0 : 1);
      const to = Math.min(extent, from + rows);
      cutParts.push({ tensor: isFirst ? tensor.id : number, from, to });
    }
    const cut: Cut = { tensor: tensor.id, dimension, parts: cutParts };
    const parts = cutParts.map((part) => partTensor(tensor, dimension, part));
    // Parts that do not begin where a binding may lie in each other's bindings, which no two writes may.
    const own = new Set(parts.map(({ id }) => id));
    const writesSeveral = (kernel: Kernel): boolean =>
      new Set(writesOf(kernel).filter((written) => own.has(written))).size > 1;
    const overlaps = (part: KernelTensor): boolean => tensor.role === "output" && leadOf(part) > 0;
    const kernels: Kernel[] = [];
    const staged: KernelTensor[] = [];
    let selects = 0;
    let detours = 0;
    const nextTensor = (): number =>
      this.#tensors.length + cutParts.length - (keepsWhole ? 0 : 1) + staged.length;
    for (const kernel of this.#kernels) {
      if (!this.#tensorsOf(kernel).includes(tensor.id)) kernels.push(kernel);
      else {
        const isBad = (piece: Kernel): boolean =>
          this.#tensorsOf(piece).length > this.#maxTensors ||
          (parts.some(overlaps) && writesSeveral(piece));
        const split = this.#cutKernel(kernel, cut, nextTensor(), isBad);
        if (split === undefined) return undefined;
        kernels.push(...split.kernels);
        staged.push(...split.tensors);
        selects += split.selects;
        detours += split.isDetour ? 1 : 0;
      }
    }
    const stillTooLarge = parts.some((part) => boundBytes(part) > this.#limit);
    const more = kernels.length - this.#kernels.length;
    const cost = 1000 * selects + 500 * detours + (stillTooLarge ? 100 : 0) + more;
    return { kernels, parts: [...parts, ...staged], cost };
  }

  /** The kernel on the parts, taken apart first where its pieces would bind too much. */
  #cutKernel(
    kernel: Kernel,
    cut: Cut,
    nextTensor: number,
    isBad: (piece: Kernel) => boolean,
  ): (SplitKernel & Pick<FewerBindings, "tensors"> & { readonly isDetour: boolean }) | undefined {
    const plain = splitKernel(kernel, cut, this.#maxTensors);
    if (plain !== undefined && !plain.kernels.some(isBad)) {
      return { ...plain, tensors: [], isDetour: false };
    }
    for (const way of reduceBindings(kernel, nextTensor)) {
      const pieces = way.kernels.map((piece) =>
        this.#tensorsOf(piece).includes(cut.tensor)
          ? splitKernel(piece, cut, this.#maxTensors)
          : { kernels: [piece], selects: 0 },
      );
      const done = pieces.filter((piece) => piece !== undefined);
      const kernels = done.flatMap((piece) => piece.kernels);
      if (done.length < pieces.length || kernels.some(isBad)) continue;
      const selects = done.reduce((sum, piece) => sum + piece.selects, 0);
      return { kernels, selects, tensors: way.tensors, isDetour: true };
    }
    return undefined;
  }

  /** Even parts, of a number of rows that whole tiles divide where the limit leaves the choice. */
  #rowsPerPart(tensor: KernelTensor, dimension: number): number | undefined {
    const extent = tensor.shape[dimension] ?? 1;
    if (extent < 2) return undefined;
    const rowBytes = bytesOf(tensor, { kind: "row-major" }) / extent;
    // Parts of inputs and outputs begin in the middle of a buffer, best where every device lets a binding
    // begin. Otherwise the binding begins earlier, and holds elements that are not the part's.
    const wanted = isOfInterface(tensor) ? alignedRows(rowBytes) : 1;
    const mayLead = tensor.role === "input" || tensor.role === "output";
    const isAligned = leadOf(tensor) === 0 && wanted * rowBytes <= this.#limit;
    const step = mayLead && !isAligned ? 1 : wanted;
    const room = mayLead && !isAligned ? this.#limit - alignment : this.#limit;
    const most = Math.max(1, Math.floor(room / rowBytes));
    const even = Math.ceil(extent / Math.ceil(extent / most));
    const steps = [64, 16, 4, 1].map((tile) => (tile % step === 0 ? tile : step * tile));
    const unit = steps.find((size) => Math.ceil(even / size) * size <= most);
    const fewer = [4 * step, step].find((size) => size <= most) ?? step;
    const rows =
      unit !== undefined && unit > step
        ? Math.ceil(even / unit) * unit
        : Math.max(fewer, Math.floor(most / fewer) * fewer);
    return rows >= extent ? undefined : rows;
  }
}

interface Option {
  readonly kernels: readonly Kernel[];
  readonly parts: readonly KernelTensor[];
  readonly cost: number;
}

/** What a binding of the tensor takes, from where it may begin. */
function boundBytes(tensor: KernelTensor): number {
  const lead = leadOf(tensor) * elementBytes[tensor.storage];
  return lead + bytesOf(tensor, { kind: "row-major" });
}

/** Rows until a place where a binding may begin. */
function alignedRows(rowBytes: number): number {
  let rows = 1;
  while (rows < alignment && (rows * rowBytes) % alignment !== 0) rows *= 2;
  return rows;
}

function isOfInterface({ role }: KernelTensor): boolean {
  return role === "input" || role === "output" || role === "state";
}

/** Along which a tensor may be cut. */
function dimensionsOf({ role, shape }: KernelTensor): readonly number[] {
  if (role === "intermediate") return shape.map((_, dimension) => dimension);
  const first = shape.findIndex((extent) => extent > 1);
  return first < 0 ? [] : [first];
}

function partTensor(
  tensor: KernelTensor,
  dimension: number,
  { tensor: id, from, to }: Cut["parts"][number],
): KernelTensor {
  const shape = tensor.shape.map((extent, n) => (n === dimension ? to - from : extent));
  const name = `${tensor.name}[${from}..${to - 1}]`;
  if (tensor.role === "intermediate") return { ...tensor, id, name, shape };
  const rowLength = tensor.shape.slice(dimension + 1).reduce((product, size) => product * size, 1);
  const whole = tensor.partOf ?? { tensor: tensor.id, first: 0 };
  const partOf = { tensor: whole.tensor, first: whole.first + from * rowLength };
  return { ...tensor, id, name, shape, partOf };
}
