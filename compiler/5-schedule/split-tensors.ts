import type { DeviceProfile } from "../ir/device-profile.ts";
import type { Kernel, KernelProgram, KernelTensor } from "../ir/kernel.ts";
import { tensorsOfKernel } from "../ir/kernel-tensors.ts";
import { bytesOf } from "./plan-memory.ts";
import { type Cut, splitKernel } from "./split-kernel.ts";

/**
 * Cuts tensors that one binding cannot hold, and the kernels that touch them. Weights, inputs and
 * outputs are cut along their first dimensions, so that a part is a run of elements as a file has them;
 * what is between kernels along whichever dimension costs least. What cannot be cut stays, and is told.
 */
export function splitTensors(program: KernelProgram, profile: DeviceProfile): KernelProgram {
  const limit = Math.min(profile.maxStorageBufferBindingSize, profile.maxBufferSize);
  const splitting = new Splitting(program, limit, profile.maxStorageBuffersPerShaderStage);
  splitting.run();
  return splitting.program;
}

class Splitting {
  readonly #limit: number;
  readonly #maxTensors: number;
  readonly #tensors: KernelTensor[];
  #kernels: readonly Kernel[];

  constructor(program: KernelProgram, limit: number, maxTensors: number) {
    this.#limit = limit;
    this.#maxTensors = maxTensors;
    this.#tensors = [...program.tensors];
    this.#kernels = program.kernels;
  }

  get program(): KernelProgram {
    return { tensors: this.#tensors, kernels: this.#kernels };
  }

  run(): void {
    // Parts come at the end of the list, and are cut again where they still are too large.
    for (let id = 0; id < this.#tensors.length; id++) {
      while (this.#isTooLarge(id) && this.#split(this.#tensors[id] as KernelTensor)) {}
    }
  }

  #isTooLarge(id: number): boolean {
    const tensor = this.#tensors[id] as KernelTensor;
    if (bytesOf(tensor, { kind: "row-major" }) <= this.#limit) return false;
    return this.#kernels.some((kernel) => tensorsOfKernel(kernel).includes(id));
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
    const kernels: Kernel[] = [];
    let selects = 0;
    for (const kernel of this.#kernels) {
      if (!tensorsOfKernel(kernel).includes(tensor.id)) kernels.push(kernel);
      else {
        const split = splitKernel(kernel, cut, this.#maxTensors);
        if (split === undefined) return undefined;
        const isCrowded = split.kernels.some(
          (piece) => tensorsOfKernel(piece).length > this.#maxTensors,
        );
        if (isCrowded) return undefined;
        kernels.push(...split.kernels);
        selects += split.selects;
      }
    }
    const parts = cutParts.map((part) => partTensor(tensor, dimension, part));
    const stillTooLarge = bytesOf(parts[0] as KernelTensor, { kind: "row-major" }) > this.#limit;
    const more = kernels.length - this.#kernels.length;
    return { kernels, parts, cost: 1000 * selects + (stillTooLarge ? 100 : 0) + more };
  }

  /** Even parts, of a number of rows that whole tiles divide where the limit leaves the choice. */
  #rowsPerPart(tensor: KernelTensor, dimension: number): number | undefined {
    const extent = tensor.shape[dimension] ?? 1;
    if (extent < 2) return undefined;
    const rowBytes = bytesOf(tensor, { kind: "row-major" }) / extent;
    const most = Math.max(1, Math.floor(this.#limit / rowBytes));
    const even = Math.ceil(extent / Math.ceil(extent / most));
    // Parts of inputs and outputs begin in the middle of a buffer, at an offset that every device takes.
    const step = isOfInterface(tensor) ? alignedRows(rowBytes) : 1;
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

/** Rows until a multiple of 256 bytes. */
function alignedRows(rowBytes: number): number {
  let rows = 1;
  while (rows < 256 && (rows * rowBytes) % 256 !== 0) rows *= 2;
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
