import type { StoredSpec } from "../../compiler/artifact.ts";
import { bufferUsage } from "../device/gpu-constants.ts";
import type { Executable } from "../execute/executable.ts";
import { storageBytes } from "../execute/storage.ts";
import { InternalError } from "../internal-error.ts";
import { elementCount } from "../tensor.ts";

/** Reorders what lives across calls along the dimension that the calls bind, as beams do. */
export class StatePermuter {
  readonly #executable: Executable;
  readonly #specs: readonly StoredSpec[];
  readonly #scratch: GPUBuffer | undefined;

  private constructor(
    executable: Executable,
    specs: readonly StoredSpec[],
    scratch: GPUBuffer | undefined,
  ) {
    this.#executable = executable;
    this.#specs = specs;
    this.#scratch = scratch;
  }

  /** Allocates as much as the largest state with a free dimension takes. */
  static async create(
    executable: Executable,
    stored: readonly StoredSpec[],
  ): Promise<StatePermuter> {
    const specs = stored.filter(({ free }) => free.length > 0);
    const sizes = specs.map(({ tensor }) => executable.copySize(executable.tensor(tensor)));
    const { device } = executable;
    const scratch =
      sizes.length > 0
        ? await device.attempt("allocating memory to reorder states", () =>
            device.gpu.createBuffer({
              label: "states being reordered",
              size: Math.max(...sizes),
              usage: bufferUsage.copySource | bufferUsage.copyTarget,
            }),
          )
        : undefined;
    return new StatePermuter(executable, specs, scratch);
  }

  /**
   * Entry n of the free dimension becomes what entry `parents[n]` was, in every state, on the device and
   * exactly.
   */
  permute(encoder: GPUCommandEncoder, parents: readonly number[]): void {
    const scratch = this.#scratch;
    if (scratch === undefined) return;
    for (const state of this.#specs) {
      const [free] = state.free;
      if (free !== undefined) this.#permuteOne(encoder, state, free, parents, scratch);
    }
  }

  dispose(): void {
    this.#scratch?.destroy();
  }

  #permuteOne(
    encoder: GPUCommandEncoder,
    { path, tensor, shape }: StoredSpec,
    dimension: number,
    parents: readonly number[],
    scratch: GPUBuffer,
  ): void {
    const spec = this.#executable.tensor(tensor);
    const sizes = shape.map(({ size }) => size);
    const count = sizes[dimension] ?? 1;
    if (parents.length !== count || parents.some((parent) => !(parent >= 0 && parent < count)))
      throw new InternalError(`[${parents.join(", ")}] does not name ${count} entries of ${path}`);
    const chunk = elementCount(sizes.slice(dimension + 1)) * storageBytes(spec.storage);
    // Two entries of 16 bits may share a word, which no copy takes apart.
    if (chunk % 4 !== 0)
      throw new InternalError(`entries of ${path} are ${chunk} bytes, not whole words`);
    const moves = parents.flatMap((from, to) => (from === to ? [] : [{ from, to }]));
    if (moves.length === 0) return;
    const buffer = this.#executable.bufferOf(spec);
    for (let outer = 0; outer < elementCount(sizes.slice(0, dimension)); outer++) {
      const first = outer * count * chunk;
      for (const from of new Set(moves.map((move) => move.from))) {
        const at = first + from * chunk;
        encoder.copyBufferToBuffer(buffer, spec.offset + at, scratch, at, chunk);
      }
      for (const { from, to } of moves) {
        const target = spec.offset + first + to * chunk;
        encoder.copyBufferToBuffer(scratch, first + from * chunk, buffer, target, chunk);
      }
    }
  }
}
