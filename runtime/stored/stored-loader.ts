import type { Artifact, CheckpointRead, StoredSpec } from "../../compiler/artifact.ts";
import type { Executable } from "../execute/executable.ts";
import { fault } from "../faults.ts";
import { InternalError } from "../internal-error.ts";
import { Checkpoint } from "../weights/checkpoint.ts";
import { type ResolvedRead, resolveRead } from "../weights/checkpoint-read.ts";
import { type ElementSource, elementsInMemory } from "../weights/element-source.ts";
import { elementTypes } from "../weights/element-types.ts";
import { resampleTensor } from "../weights/resample-tensor.ts";
import type { WeightSource } from "../weights/weight-source.ts";
import { fillTensor } from "./fill-tensor.ts";
import { initialElements } from "./initial-elements.ts";
import { countOf, partsOf } from "./stored-parts.ts";
import { type QuantizedWeight, uploadQuantized } from "./upload-quantized.ts";
import type { Uploader } from "./uploader.ts";

/** Where the elements of what is stored come from; without `read` from its initialiser. */
export interface PlannedFill {
  readonly spec: StoredSpec;
  readonly read: ResolvedRead | undefined;
}

/** Bytes on their way to the device, and of what. */
export interface LoadedPiece {
  readonly parameter: string;
  readonly bytes: number;
  /** With the last piece of a weight that is stored in few bits. */
  readonly quantized?: QuantizedWeight;
}

/**
 * The source of everything that a program stores, open as long as it may be asked for: what is saved comes
 * from the checkpoint where there is one, all else from its initialiser.
 */
export class StoredLoader {
  /** Of what is saved: it is filled once. */
  readonly plans: readonly PlannedFill[];
  readonly checkpoint: Checkpoint | undefined;
  readonly #executable: Executable;
  readonly #seed: number;
  readonly #elements = new Map<PlannedFill, ElementSource>();

  private constructor(
    plans: readonly PlannedFill[],
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
  static open(artifact: Artifact, executable: Executable, source: WeightSource): StoredLoader {
    const checkpoint = source.kind === "checkpoint" ? Checkpoint.openAll(source) : undefined;
    try {
      const readOf = readsOf(artifact);
      const plans = artifact.stored
        .filter(({ lifetime }) => lifetime === "saved")
        .map((spec): PlannedFill => {
          const read = checkpoint && readOf(spec, checkpoint);
          const resolved = checkpoint && read && resolveRead(checkpoint, read, spec);
          if (checkpoint !== undefined && resolved !== undefined)
            assertReal(checkpoint.path, resolved, spec, executable);
          return { spec, read: resolved };
        });
      const seed = source.kind === "random" ? source.seed : 0;
      return new StoredLoader(plans, checkpoint, executable, seed);
    } catch (error) {
      checkpoint?.close();
      throw error;
    }
  }

  /** Brings some tensors to where the plan has them, a piece at a time, and says what is on its way. */
  async *load(
    uploader: Uploader,
    isWanted: (tensor: number) => boolean,
    plans: readonly PlannedFill[] = this.plans,
  ): AsyncGenerator<LoadedPiece> {
    for (const plan of plans) {
      const { spec, read } = plan;
      const parts = partsOf(spec, countOf(spec)).filter(({ tensor }) => isWanted(tensor));
      const { quantized: narrow } = spec;
      if (parts.length === 0 && !(narrow && isWanted(narrow.scales))) continue;
      const elements = await this.#elementsOf(plan);
      const target = { executable: this.#executable, uploader };
      if (narrow === undefined) {
        const origin = { path: this.checkpoint?.path ?? "", key: read?.key ?? spec.path };
        for await (const bytes of fillTensor(parts, elements, target, origin))
          yield { parameter: spec.path, bytes };
      } else {
        let bytes = 0;
        const count = (more: number): void => {
          bytes += more;
        };
        const quantized = await uploadQuantized(spec, elements, { ...target, isWanted }, count);
        yield { parameter: spec.path, bytes, quantized };
      }
    }
  }

  close(): void {
    this.checkpoint?.close();
  }

  /** What was resampled, and how an initialiser is computed, is kept for the next time. */
  async #elementsOf(plan: PlannedFill): Promise<ElementSource> {
    const known = this.#elements.get(plan);
    if (known !== undefined) return known;
    const { spec, read } = plan;
    if (read?.resample === undefined && read !== undefined) return read.elements;
    const elements =
      read?.resample === undefined
        ? initialElements(spec, this.#seed)
        : elementsInMemory(
            await resampleTensor(this.#executable.device, read.resample, read.elements),
          );
    this.#elements.set(plan, elements);
    return elements;
  }
}

/**
 * What to read of a checkpoint for something that is saved. Parameters and buffers as the layout says, and
 * without one by their paths. A state, such as a moment, is read by its path where the checkpoint has it and no
 * layout names it: one that was saved before training began has none.
 */
function readsOf({
  checkpoint: layout,
}: Artifact): (spec: StoredSpec, checkpoint: Checkpoint) => CheckpointRead | undefined {
  const reads = layout && new Map(layout.reads.map((read) => [read.parameter, read]));
  return ({ kind, path }, { tensors }) => {
    const read = reads?.get(path);
    if (kind === "state" && read === undefined && !tensors.has(path)) return undefined;
    if (reads === undefined || (kind === "state" && read === undefined))
      return { parameter: path, source: { kind: "key", key: path }, resample: undefined };
    if (read === undefined)
      throw new InternalError(`the artifact's layout does not say where ${path} is read`);
    return read.source === undefined ? undefined : read;
  };
}

/**
 * Whole numbers where real ones are needed are weights in another form: quantised, packed, or a mask. As
 * they are they would compute something, and it would be wrong.
 */
function assertReal(
  path: string,
  { key, elements }: ResolvedRead,
  spec: StoredSpec,
  executable: Executable,
): void {
  const [part] = partsOf(spec, countOf(spec));
  const storage = part && executable.tensor(part.tensor).storage;
  if (elementTypes[elements.type].isReal || storage === "i32" || storage === "u32") return;
  throw fault("tensor-unusable", {
    path,
    key,
    reason: `it holds ${elements.type} and the ${spec.kind === "param" ? "parameter" : spec.kind} \`${spec.path}\` real numbers`,
  });
}
