import { fault } from "../faults.ts";
import { assertInputNames } from "../input-names.ts";
import { InternalError } from "../internal-error.ts";
import { isCounted } from "../row-lengths.ts";
import type { Tensor } from "../tensor.ts";
import { Checkpoint, type StoredTensor } from "../weights/checkpoint.ts";
import { elementTypes, rawArray } from "../weights/element-types.ts";
import { readableType } from "../weights/safetensors-header.ts";
import { tensorOf } from "../weights/stored-numbers.ts";
import type { Batch, BatchInput, BatchSource } from "./batch-source.ts";
import type { RunState } from "./train-events.ts";

/**
 * Records of a stage in a `.safetensors` file: for each input one tensor with a leading axis of steps. One step is in
 * memory at a time.
 */
export class BatchFile implements BatchSource {
  readonly path: string;
  /** Length of the axis of steps. */
  readonly steps: number;
  readonly #file: Checkpoint;

  private constructor(path: string, steps: number, file: Checkpoint) {
    this.path = path;
    this.steps = steps;
    this.#file = file;
  }

  /** @throws {RuntimeFault} `batches-unusable` where the tensors do not have one length, or have no steps. */
  static open(path: string): BatchFile {
    const file = Checkpoint.open(path);
    try {
      const unusable = (reason: string) => fault("batches-unusable", { path, reason });
      const [first, ...others] = file.tensors.values();
      if (first === undefined) throw unusable("it holds no tensor");
      const steps = first.shape[0] ?? 0;
      if (steps === 0) throw unusable(`\`${first.key}\` has no step`);
      const odd = others.find(({ shape }) => shape[0] !== steps);
      if (odd !== undefined)
        throw unusable(
          `\`${first.key}\` has ${steps} steps, and \`${odd.key}\` has ${odd.shape[0] ?? "no axis of them"}`,
        );
      return new BatchFile(path, steps, file);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** Bytes of one step in the file. */
  get stepBytes(): number {
    return [...this.#file.tensors.values()].reduce((sum, one) => sum + one.bytes / this.steps, 0);
  }

  /** What an input is in one step; undefined where the file has none of the name. */
  shapeOf(name: string): readonly number[] | undefined {
    return this.#file.tensors.get(name)?.shape.slice(1);
  }

  /** @throws {RuntimeFault} `input-unknown` or `input-missing`. */
  assertFits(inputs: readonly BatchInput[], given: readonly string[]): void {
    const own = inputs.filter(({ name }) => !given.includes(name));
    assertInputNames(own, Object.fromEntries(this.#file.tensors));
  }

  /** Behind the last step the file begins anew. */
  async read({ step }: Pick<RunState, "step">, inputs: readonly BatchInput[]): Promise<Batch> {
    const record: Record<string, Tensor> = {};
    for (const { name, element, reader } of inputs) {
      const tensor = this.#file.tensors.get(name);
      if (tensor !== undefined) record[name] = this.#slice(tensor, step % this.steps, element);
      else if (!isCounted({ reader })) throw new InternalError(`${name} was not looked for`);
    }
    const anew = `step ${step + 1} begins \`${this.path}\` anew, which has ${this.steps} steps`;
    return { inputs: record, notes: step === this.steps ? [anew] : [] };
  }

  #slice(tensor: StoredTensor, step: number, element: Tensor["element"]): Tensor {
    const type = readableType(tensor, this.path);
    const bytes = new Uint8Array(tensor.bytes / this.steps);
    tensor.file.read(bytes, tensor.start + step * bytes.length);
    const what = `${this.path}:${tensor.key} at step ${step}`;
    const shape = tensor.shape.slice(1);
    const taken = elementTypes[type].isReal && element !== "f32" ? undefined : element;
    return tensorOf({ what, type, shape, raw: rawArray(type, bytes) }, taken);
  }

  close(): void {
    this.#file.close();
  }
}
