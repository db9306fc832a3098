import type {
  Artifact,
  CheckpointRead,
  ParameterSpec,
  TensorPart,
} from "../../compiler/artifact.ts";
import type { Executable } from "../execute/executable.ts";
import { Checkpoint } from "./checkpoint.ts";
import { type ResolvedRead, resolveRead } from "./checkpoint-read.ts";
import { type ElementSource, elementsInMemory, slicedElements } from "./element-source.ts";
import { packTensor } from "./pack-tensor.ts";
import { partsOf } from "./parameter-parts.ts";
import { randomElements } from "./random-elements.ts";
import { resampleTensor } from "./resample-tensor.ts";
import { type QuantizedWeight, uploadQuantized } from "./upload-quantized.ts";
import type { Uploader } from "./uploader.ts";
import type { WeightSource } from "./weight-source.ts";

/** Where a parameter's elements come from; `undefined` stands for its initialiser. */
export interface PlannedParameter {
  readonly parameter: ParameterSpec;
  readonly stored: ResolvedRead | undefined;
}

/** Bytes on their way to the device, and of what. */
export interface LoadedPiece {
  readonly parameter: string;
  readonly bytes: number;
  /** With the last piece of a weight that is stored in few bits. */
  readonly quantized?: QuantizedWeight;
}

/** The source of all parameters of a program, open as long as parameters may be asked for. */
export class ParameterLoader {
  readonly plans: readonly PlannedParameter[];
  readonly checkpoint: Checkpoint | undefined;
  readonly #executable: Executable;
  readonly #seed: number;
  readonly #elements = new Map<PlannedParameter, ElementSource>();

  private constructor(
    plans: readonly PlannedParameter[],
    checkpoint: Checkpoint | undefined,
    executable: Executable,
    seed: number,
  ) {
    this.plans = plans;
    this.checkpoint = checkpoint;
    this.#executable = executable;
    this.#seed = seed;
  }

  /** Everything is checked before the first byte moves: a fault comes at once, not after minutes. */
  static open(artifact: Artifact, executable: Executable, source: WeightSource): ParameterLoader {
    const checkpoint = source.kind === "checkpoint" ? Checkpoint.open(source.path) : undefined;
    try {
      const plans = artifact.parameters.map((parameter, index): PlannedParameter => {
        const read = checkpoint && readFor(artifact, parameter, index);
        const stored = checkpoint && read && resolveRead(checkpoint, read, parameter);
        return { parameter, stored };
      });
      const seed = source.kind === "random" ? source.seed : 0;
      return new ParameterLoader(plans, checkpoint, executable, seed);
    } catch (error) {
      checkpoint?.close();
      throw error;
    }
  }

  /** Brings some tensors to where the plan has them, a piece at a time, and says what is on its way. */
  async *load(
    uploader: Uploader,
    isWanted: (tensor: number) => boolean,
    plans: readonly PlannedParameter[] = this.plans,
  ): AsyncGenerator<LoadedPiece> {
    for (const plan of plans) {
      const { parameter } = plan;
      const parts = partsOf(parameter).filter(({ tensor }) => isWanted(tensor));
      const { quantized: narrow } = parameter;
      if (parts.length === 0 && !(narrow && isWanted(narrow.scales))) continue;
      const elements = await this.#elementsOf(plan);
      if (parameter.quantized === undefined) yield* this.#pieces(plan, elements, parts, uploader);
      else {
        let bytes = 0;
        const count = (more: number): void => {
          bytes += more;
        };
        const target = { executable: this.#executable, uploader, isWanted };
        const quantized = await uploadQuantized(parameter, elements, target, count);
        yield { parameter: parameter.path, bytes, quantized };
      }
    }
  }

  close(): void {
    this.checkpoint?.close();
  }

  async *#pieces(
    { parameter, stored }: PlannedParameter,
    elements: ElementSource,
    parts: readonly TensorPart[],
    uploader: Uploader,
  ): AsyncGenerator<LoadedPiece> {
    const origin = { path: this.checkpoint?.path ?? "", key: stored?.key ?? parameter.path };
    for (const part of parts) {
      const tensor = this.#executable.tensor(part.tensor);
      const own = parameter.parts === undefined ? elements : slicedElements(elements, part);
      for (const { offset, bytes, fill } of packTensor(own, tensor, origin)) {
        const target = this.#executable.bufferOf(tensor);
        await uploader.upload(target, tensor.offset + offset, bytes, fill);
        yield { parameter: parameter.path, bytes };
      }
    }
  }

  /** What was resampled, and how an initialiser is computed, is kept for the next time. */
  async #elementsOf(plan: PlannedParameter): Promise<ElementSource> {
    const known = this.#elements.get(plan);
    if (known !== undefined) return known;
    const { parameter, stored } = plan;
    if (stored?.resample === undefined && stored !== undefined) return stored.elements;
    const elements =
      stored?.resample === undefined
        ? randomElements(parameter, this.#seed)
        : elementsInMemory(
            await resampleTensor(this.#executable.device, stored.resample, stored.elements),
          );
    this.#elements.set(plan, elements);
    return elements;
  }
}

/** Without a layout every parameter is read by its own path. */
function readFor(
  artifact: Artifact,
  parameter: ParameterSpec,
  index: number,
): CheckpointRead | undefined {
  const { checkpoint } = artifact;
  if (checkpoint === undefined) {
    return {
      parameter: parameter.path,
      source: { kind: "key", key: parameter.path },
      resample: undefined,
    };
  }
  const read = checkpoint.reads[index];
  if (read === undefined || read.parameter !== parameter.path) {
    throw new Error(
      `the artifact's checkpoint lists ${read?.parameter} where its parameters list ${parameter.path}`,
    );
  }
  return read.source === undefined ? undefined : read;
}
