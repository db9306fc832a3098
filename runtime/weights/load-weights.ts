import type {
  Artifact,
  CheckpointRead,
  ParameterSpec,
  TensorSpec,
} from "../../compiler/artifact.ts";
import type { Executable } from "../execute/executable.ts";
import { Checkpoint } from "./checkpoint.ts";
import { resolveRead } from "./checkpoint-read.ts";
import { type ElementSource, elementsInMemory, slicedElements } from "./element-source.ts";
import { matchesPattern } from "./match-pattern.ts";
import { type Origin, type PackedPiece, packTensor } from "./pack-tensor.ts";
import { partsOf } from "./parameter-parts.ts";
import { randomElements } from "./random-elements.ts";
import { resampleTensor } from "./resample-tensor.ts";
import { type QuantizedWeight, uploadQuantized } from "./upload-quantized.ts";
import { Uploader } from "./uploader.ts";
import type { WeightSource } from "./weight-source.ts";

export interface WeightProgress {
  readonly parameter: string;
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** Of bytes as the device stores them, since the start. */
  readonly megabytesPerSecond: number;
}

/** What the parameters were filled with. */
export interface WeightReport {
  readonly source: WeightSource;
  /** As the device stores them. */
  readonly bytes: number;
  readonly timeMs: number;
  /** Weights that are stored in few bits, and what that cost. */
  readonly quantized: readonly QuantizedWeight[];
  /** Parameters that came from the initialisers. */
  readonly initialised: readonly string[];
  /** Parameters that a resampling program resized. */
  readonly resampled: readonly string[];
  /** Keys of the file that nothing used, without those that the layout ignores. */
  readonly unused: readonly string[];
  readonly ignored: readonly string[];
}

/** Fills every parameter of the program on the device, a chunk at a time. */
export async function loadWeights(
  artifact: Artifact,
  executable: Executable,
  source: WeightSource,
  onProgress?: (progress: WeightProgress) => void,
): Promise<WeightReport> {
  const startedAt = performance.now();
  const checkpoint = source.kind === "checkpoint" ? Checkpoint.open(source.path) : undefined;
  const uploader = new Uploader(executable.device);
  try {
    // Everything is checked before the first byte moves: a fault comes at once, not after minutes.
    const plans = artifact.parameters.map((parameter, index) => {
      const read = checkpoint && readFor(artifact, parameter, index);
      return {
        parameter,
        stored: checkpoint && read ? resolveRead(checkpoint, read, parameter) : undefined,
      };
    });
    const totalBytes = artifact.parameters
      .flatMap((parameter) => [
        ...partsOf(parameter).map(({ tensor }) => tensor),
        ...(parameter.quantized === undefined ? [] : [parameter.quantized.scales]),
      ])
      .reduce((sum, tensor) => sum + executable.tensor(tensor).bytes, 0);
    const seed = source.kind === "random" ? source.seed : 0;
    let doneBytes = 0;
    const told = (parameter: ParameterSpec, bytes: number): void => {
      doneBytes += bytes;
      const seconds = (performance.now() - startedAt) / 1000;
      const megabytesPerSecond = doneBytes / 1e6 / seconds;
      onProgress?.({ parameter: parameter.path, doneBytes, totalBytes, megabytesPerSecond });
    };
    const quantized: QuantizedWeight[] = [];
    for (const { parameter, stored } of plans) {
      let elements: ElementSource = stored?.elements ?? randomElements(parameter, seed);
      if (stored?.resample !== undefined) {
        elements = elementsInMemory(
          await resampleTensor(executable.device, stored.resample, elements),
        );
      }
      const origin = { path: checkpoint?.path ?? "", key: stored?.key ?? parameter.path };
      if (parameter.quantized !== undefined) {
        const tell = (bytes: number): void => told(parameter, bytes);
        quantized.push(await uploadQuantized(parameter, elements, executable, uploader, tell));
        continue;
      }
      for (const { tensor, piece } of piecesOf(parameter, elements, executable, origin)) {
        await uploader.upload(
          executable.bufferOf(tensor),
          tensor.offset + piece.offset,
          piece.bytes,
          piece.fill,
        );
        told(parameter, piece.bytes);
      }
    }
    await uploader.finish();
    await executable.device.finish();
    const used = new Set(plans.flatMap(({ stored }) => stored?.keys ?? []));
    const ignore = artifact.checkpoint?.ignore ?? [];
    const unusedKeys = [...(checkpoint?.tensors.keys() ?? [])].filter((key) => !used.has(key));
    return {
      source,
      bytes: totalBytes,
      timeMs: performance.now() - startedAt,
      quantized,
      initialised: plans
        .filter(({ stored }) => stored === undefined)
        .map(({ parameter }) => parameter.path),
      resampled: plans
        .filter(({ stored }) => stored?.resample !== undefined)
        .map(({ parameter }) => parameter.path),
      unused: unusedKeys.filter((key) => !ignore.some((pattern) => matchesPattern(key, pattern))),
      ignored: unusedKeys.filter((key) => ignore.some((pattern) => matchesPattern(key, pattern))),
    };
  } finally {
    uploader.dispose();
    checkpoint?.close();
  }
}

/** What goes to the device, tensor by tensor: a parameter may lie in several. */
function* piecesOf(
  parameter: ParameterSpec,
  elements: ElementSource,
  executable: Executable,
  origin: Origin,
): Generator<{ readonly tensor: TensorSpec; readonly piece: PackedPiece }> {
  for (const part of partsOf(parameter)) {
    const tensor = executable.tensor(part.tensor);
    const own = parameter.parts === undefined ? elements : slicedElements(elements, part);
    for (const piece of packTensor(own, tensor, origin)) yield { tensor, piece };
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
