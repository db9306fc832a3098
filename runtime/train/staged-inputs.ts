import type { Artifact, InputSpec, StepSpec } from "../../compiler/artifact.ts";
import { bufferUsage } from "../device/gpu-constants.ts";
import type { DeviceTensor } from "../execute/device-tensor.ts";
import { assertFits } from "../execute/feed-inputs.ts";
import { encodeInto, storageBytes } from "../execute/storage.ts";
import { fault } from "../faults.ts";
import type { Session } from "../session.ts";
import { elementCount, shapeText } from "../tensor.ts";
import { type BatchRecord, inputAt } from "./batch-inputs.ts";

/** A step for some samples of a batch, of which the first is number `first`. */
export interface PieceCall {
  /** Its number in the program. */
  readonly step: number;
  readonly spec: StepSpec;
  readonly first: number;
}

/** An input of one or more calls, where it lies among the inputs of the batch. */
interface Stretch {
  readonly specs: readonly InputSpec[];
  readonly first: number;
  readonly storage: DeviceTensor["storage"];
  readonly offset: number;
}

/**
 * The inputs of all calls of a batch in one buffer, made once: a batch comes there in one write, and each call copies
 * its own from there when its turn comes. What several calls take alike is there once.
 */
export class StagedInputs {
  readonly #session: Session;
  readonly #total: number;
  readonly #stretches: readonly Stretch[];
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #buffer: GPUBuffer;
  readonly #inputs: readonly Readonly<Record<string, DeviceTensor>>[];

  private constructor(
    session: Session,
    total: number,
    { stretches, bytes, numbers }: Layout,
    calls: readonly PieceCall[],
    buffer: GPUBuffer,
  ) {
    this.#session = session;
    this.#total = total;
    this.#stretches = stretches;
    this.#bytes = new Uint8Array(bytes);
    this.#buffer = buffer;
    this.#inputs = calls.map(({ spec: { inputs } }, call) => {
      const entries = inputs.map((spec, n) => {
        const stretch = stretches[numbers[call]?.[n] ?? -1];
        return [spec.name, stretch && onDevice(spec, stretch, buffer)] as const;
      });
      return Object.fromEntries(entries) as Record<string, DeviceTensor>;
    });
  }

  static async create(
    session: Session,
    calls: readonly PieceCall[],
    total: number,
  ): Promise<StagedInputs> {
    const layout = layOut(session.artifact, calls, total);
    const { device } = session;
    const buffer = await device.attempt("allocating the inputs of a batch", () =>
      device.gpu.createBuffer({
        label: "inputs of a batch",
        size: Math.max(4, layout.bytes),
        usage: bufferUsage.copySource | bufferUsage.copyTarget,
      }),
    );
    return new StagedInputs(session, total, layout, calls, buffer);
  }

  /** What a call takes. */
  inputsOf(call: number): Readonly<Record<string, DeviceTensor>> {
    return this.#inputs[call] ?? {};
  }

  /**
   * Brings a batch to the device. What was submitted before still has the one before.
   *
   * @throws {RuntimeFault} as an input of a step that does not fit.
   */
  write(record: BatchRecord): void {
    for (const { specs, first, storage, offset } of this.#stretches)
      for (const [n, spec] of specs.entries()) {
        const tensor = record[spec.name];
        if (tensor === undefined)
          throw fault("input-missing", { name: spec.name, shape: shapeText(spec.shape) });
        const own = inputAt(spec, tensor, { first, total: this.#total });
        assertFits(own, spec);
        if (n === 0) encodeInto(this.#bytes, offset, own.data, storage);
      }
    this.#session.device.gpu.queue.writeBuffer(this.#buffer, 0, this.#bytes);
  }

  dispose(): void {
    this.#buffer.destroy();
  }
}

/** Bytes of the inputs of all calls of a batch of `total` samples. */
export function stagedBytes(
  artifact: Pick<Artifact, "program">,
  calls: readonly PieceCall[],
  total: number,
): number {
  return layOut(artifact, calls, total).bytes;
}

interface Layout {
  readonly stretches: readonly Stretch[];
  readonly bytes: number;
  /** Of each call and each of its inputs, the stretch. */
  readonly numbers: readonly (readonly number[])[];
}

/** Where the inputs of the calls of a batch of `total` samples lie. */
function layOut(
  { program }: Pick<Artifact, "program">,
  calls: readonly PieceCall[],
  total: number,
): Layout {
  const places = new Map<string, number>();
  const stretches: (Stretch & { readonly specs: InputSpec[] })[] = [];
  let bytes = 0;
  const numbers = calls.map(({ spec: { inputs }, first }) =>
    inputs.map((spec) => {
      const storage = program.tensors[spec.tensor]?.storage ?? "f32";
      const sizes = spec.shape.map(({ size }) => size);
      const isWhole = !spec.shape.some(({ name, size }) => name === "B" && size < total);
      const own = isWhole ? 0 : first;
      const key = [spec.name, own, storage, ...sizes].join(" ");
      const known = places.get(key);
      if (known !== undefined) {
        stretches[known]?.specs.push(spec);
        return known;
      }
      const number = stretches.length;
      places.set(key, number);
      stretches.push({ specs: [spec], first: own, storage, offset: bytes });
      bytes += Math.ceil((elementCount(sizes) * storageBytes(storage)) / 4) * 4;
      return number;
    }),
  );
  return { stretches, bytes, numbers };
}

function onDevice(
  { element, shape }: InputSpec,
  { storage, offset }: Stretch,
  buffer: GPUBuffer,
): DeviceTensor {
  const sizes = shape.map(({ size }) => size);
  const bytes = elementCount(sizes) * storageBytes(storage);
  return { element, shape: sizes, storage, buffer, offset, bytes };
}
