import type { StateSpec } from "../../compiler/artifact.ts";
import { bufferUsage } from "../device/gpu-constants.ts";
import { packTensor } from "../weights/pack-tensor.ts";
import { randomElements } from "../weights/random-elements.ts";
import { Uploader } from "../weights/uploader.ts";
import type { Executable } from "./executable.ts";
import { storageBytes } from "./storage.ts";

/** What lives on the device across calls: filled when a generation begins, reordered where beams part. */
export class States {
  readonly #executable: Executable;
  readonly #specs: readonly StateSpec[];
  readonly #scratch: GPUBuffer | undefined;

  private constructor(
    executable: Executable,
    specs: readonly StateSpec[],
    scratch: GPUBuffer | undefined,
  ) {
    this.#executable = executable;
    this.#specs = specs;
    this.#scratch = scratch;
  }

  /** `permutes`: allocate what `permute` needs, the size of the largest state that has a free dimension. */
  static async create(
    executable: Executable,
    specs: readonly StateSpec[],
    { permutes = false }: { readonly permutes?: boolean } = {},
  ): Promise<States> {
    const sizes = specs
      .filter(({ free }) => free.length > 0)
      .map(({ tensor }) => executable.copySize(executable.tensor(tensor)));
    const { device } = executable;
    const scratch =
      permutes && sizes.length > 0
        ? await device.attempt("allocating memory to reorder states", () =>
            device.gpu.createBuffer({
              label: "states being reordered",
              size: Math.max(...sizes),
              usage: bufferUsage.copySource | bufferUsage.copyTarget,
            }),
          )
        : undefined;
    return new States(executable, specs, scratch);
  }

  /** As they were declared: every state becomes its first value. */
  async reset(): Promise<void> {
    const { device } = this.#executable;
    const others = this.#specs.filter(
      ({ init }) => !(init.kind === "constant" && init.value === 0),
    );
    const encoder = device.gpu.createCommandEncoder();
    for (const { tensor } of this.#specs) {
      const spec = this.#executable.tensor(tensor);
      encoder.clearBuffer(
        this.#executable.bufferOf(spec),
        spec.offset,
        this.#executable.copySize(spec),
      );
    }
    device.gpu.queue.submit([encoder.finish()]);
    if (others.length === 0) return;
    const uploader = new Uploader(device);
    try {
      for (const state of others) {
        const spec = this.#executable.tensor(state.tensor);
        const origin = { path: "", key: state.path };
        for (const piece of packTensor(randomElements(state, 0), spec, origin)) {
          const target = this.#executable.bufferOf(spec);
          await uploader.upload(target, spec.offset + piece.offset, piece.bytes, piece.fill);
        }
      }
      await uploader.finish();
    } finally {
      uploader.dispose();
    }
  }

  /**
   * Entry n of the free dimension becomes what entry `parents[n]` was, in every state, on the device and
   * exactly.
   */
  permute(encoder: GPUCommandEncoder, parents: readonly number[]): void {
    const scratch = this.#scratch;
    if (scratch === undefined) throw new Error("the session was not created to permute states");
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
    { path, tensor, shape }: StateSpec,
    dimension: number,
    parents: readonly number[],
    scratch: GPUBuffer,
  ): void {
    const spec = this.#executable.tensor(tensor);
    const sizes = shape.map(({ size }) => size);
    const count = sizes[dimension] ?? 1;
    if (parents.length !== count || parents.some((parent) => !(parent >= 0 && parent < count)))
      throw new Error(`[${parents.join(", ")}] does not name ${count} entries of ${path}`);
    const product = (list: readonly number[]): number => list.reduce((a, b) => a * b, 1);
    const chunk = product(sizes.slice(dimension + 1)) * storageBytes(spec.storage);
    // Two entries of 16 bits may share a word, which no copy takes apart.
    if (chunk % 4 !== 0) throw new Error(`entries of ${path} are ${chunk} bytes, not whole words`);
    const moves = parents.flatMap((from, to) => (from === to ? [] : [{ from, to }]));
    if (moves.length === 0) return;
    const buffer = this.#executable.bufferOf(spec);
    for (let outer = 0; outer < product(sizes.slice(0, dimension)); outer++) {
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
