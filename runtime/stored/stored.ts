import type { Artifact, StoredSpec } from "../../compiler/artifact.ts";
import type { Executable } from "../execute/executable.ts";
import { InternalError } from "../internal-error.ts";
import { fillTensor } from "./fill-tensor.ts";
import { initialElements } from "./initial-elements.ts";
import { StatePermuter } from "./permute-states.ts";
import { assertSaveable, type SavedTensor, savedBytes, saveStored } from "./save-stored.ts";
import { Uploader } from "./uploader.ts";

interface StoredOptions {
  /** Allocate what `permute` needs: as much as the largest state. */
  readonly permutes?: boolean | undefined;
}

/**
 * What lives on the device across calls, once `loadStored` has filled what is saved: it begins anew,
 * changes places where beams part, and is saved.
 */
export class Stored {
  readonly #executable: Executable;
  readonly #specs: readonly StoredSpec[];
  readonly #permuter: StatePermuter | undefined;

  private constructor(
    executable: Executable,
    specs: readonly StoredSpec[],
    permuter: StatePermuter | undefined,
  ) {
    this.#executable = executable;
    this.#specs = specs;
    this.#permuter = permuter;
  }

  /** What is not saved has its first value then. */
  static async create(
    executable: Executable,
    { stored }: Pick<Artifact, "stored">,
    { permutes = false }: StoredOptions = {},
  ): Promise<Stored> {
    const permuter = permutes ? await StatePermuter.create(executable, stored) : undefined;
    const all = new Stored(executable, stored, permuter);
    await all.begin("generation");
    await all.begin("step");
    return all;
  }

  /** Everything with this lifetime becomes what it was declared with. */
  async begin(lifetime: "generation" | "step"): Promise<void> {
    const executable = this.#executable;
    const { device } = executable;
    const specs = this.#specs.filter((spec) => spec.lifetime === lifetime);
    if (specs.length === 0) return;
    const encoder = device.gpu.createCommandEncoder();
    for (const { tensor } of specs) {
      const spec = executable.tensor(tensor);
      encoder.clearBuffer(executable.bufferOf(spec), spec.offset, executable.copySize(spec));
    }
    device.gpu.queue.submit([encoder.finish()]);
    const others = specs.filter(({ init }) => !(init.kind === "constant" && init.value === 0));
    if (others.length === 0) return;
    const uploader = new Uploader(device);
    try {
      for (const spec of others) {
        const elements = initialElements(spec, 0);
        const whole = [{ tensor: spec.tensor, first: 0, count: elements.count }];
        const origin = { path: "", key: spec.path };
        for await (const _ of fillTensor(whole, elements, { executable, uploader }, origin));
      }
      await uploader.finish();
    } finally {
      uploader.dispose();
    }
  }

  /** Entry n of the free dimension of every state becomes what entry `parents[n]` was. */
  permute(encoder: GPUCommandEncoder, parents: readonly number[]): void {
    if (this.#permuter === undefined)
      throw new InternalError("the session was not created to permute states");
    this.#permuter.permute(encoder, parents);
  }

  /** Writes what is saved to a file, as it is now. */
  save(path: string): Promise<void> {
    return saveStored(this.#executable, this.#specs, path);
  }

  /**
   * The bytes of a `.safetensors` file with these tensors, a piece at a time.
   *
   * @throws {RuntimeFault} `not-saveable`, at once.
   */
  bytesOf(tensors: readonly SavedTensor[]): AsyncGenerator<Uint8Array> {
    assertSaveable(this.#executable, tensors);
    return savedBytes(this.#executable, tensors);
  }

  dispose(): void {
    this.#permuter?.dispose();
  }
}
