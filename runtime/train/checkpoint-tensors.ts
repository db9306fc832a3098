import { join } from "node:path";
import type { Artifact, CheckpointRead, StoredSpec } from "../../compiler/artifact.ts";
import { fault } from "../faults.ts";
import { InternalError } from "../internal-error.ts";
import { weightsFile } from "../runs/run-folder.ts";
import { type SavedPiece, type SavedTensor, savedUnderPath } from "../stored/save-stored.ts";
import { countOf } from "../stored/stored-parts.ts";
import { elementCount } from "../tensor.ts";
import type { CheckpointSource } from "../weights/weight-source.ts";

/** Shapes of a checkpoint's tensors by key. */
export type Shapes = Readonly<Record<string, readonly number[]>>;

/** The files of a checkpoint with tensors: by the prefix that the paths of what they hold have. */
const files = {
  weights: { name: weightsFile, prefix: "" },
  optimizer: { name: "optimizer.safetensors", prefix: "optimizer." },
  ema: { name: "ema.safetensors", prefix: "ema." },
} as const;

/**
 * What goes into which file of a checkpoint: weights under the keys that they were read from, in the file's
 * shapes, and under their paths where no file has them; means of weights in the same way; states of the optimizer
 * under their paths. Files that nothing goes into are left out.
 *
 * @throws {RuntimeFault} `not-saveable` where the program has a part of a tensor only.
 */
export function checkpointTensors(
  { stored, checkpoint }: Pick<Artifact, "stored" | "checkpoint">,
  shapes: Shapes,
): Readonly<Record<string, readonly SavedTensor[]>> {
  const reads = new Map(checkpoint?.reads.map((read) => [read.parameter, read]));
  const saved = stored.filter(({ lifetime }) => lifetime === "saved");
  const content = Object.values(files).map(({ name, prefix }) => {
    const own = saved.filter((spec) => fileOf(spec) === prefix);
    const tensors = new Map<string, SavedTensor>();
    const parts = new Map<string, Map<number, SavedPiece>>();
    for (const spec of own) {
      const path = spec.path.slice(prefix.length);
      const read = prefix === "optimizer." ? undefined : reads.get(path);
      if (read?.source?.kind === "part") {
        const { key, index } = read.source;
        const found = parts.get(key) ?? new Map<number, SavedPiece>();
        parts.set(key, found.set(index, { spec, first: 0, count: countOf(spec) }));
      } else {
        for (const tensor of tensorsOf(spec, path, read, shapes)) put(tensors, tensor, spec);
      }
    }
    for (const [key, found] of parts) tensors.set(key, joined(key, found, shapes));
    return [name, [...tensors.values()]] as const;
  });
  return Object.fromEntries(content.filter(([, tensors]) => tensors.length > 0));
}

/** The program as it reads the checkpoint of a run: everything as `checkpointTensors` puts it there. */
export function readingCheckpoints<T extends Artifact>(artifact: T): T {
  const { checkpoint, stored } = artifact;
  if (checkpoint === undefined) return artifact;
  const reads = checkpoint.reads.map(({ parameter, source }): CheckpointRead => {
    return { parameter, source: source ?? { kind: "key", key: parameter }, resample: undefined };
  });
  const byPath = new Map(reads.map((read) => [read.parameter, read]));
  const { prefix } = files.ema;
  const means = stored
    .filter((spec) => fileOf(spec) === prefix)
    .flatMap(({ path }) => {
      const read = byPath.get(path.slice(prefix.length));
      return read?.source === undefined ? [] : [prefixed(path, read.source, prefix)];
    });
  return { ...artifact, checkpoint: { ...checkpoint, reads: [...reads, ...means] } };
}

/** Where the weights of a run that goes on come from: the files of a checkpoint, as one. */
export function checkpointSource(folder: string, present: readonly string[]): CheckpointSource {
  const found = Object.values(files).filter(({ name }) => present.includes(name));
  return {
    kind: "checkpoint",
    path: folder,
    files: found.map(({ name, prefix }) => ({
      path: join(folder, name),
      prefix,
      below: undefined,
    })),
  };
}

function prefixed(
  parameter: string,
  source: NonNullable<CheckpointRead["source"]>,
  prefix: string,
): CheckpointRead {
  const own =
    source.kind === "concat"
      ? { ...source, keys: source.keys.map((key) => prefix + key) }
      : { ...source, key: prefix + source.key };
  return { parameter, source: own, resample: undefined };
}

function fileOf({ kind, path }: StoredSpec): string {
  if (kind !== "state") return "";
  return [files.optimizer.prefix, files.ema.prefix].find((one) => path.startsWith(one)) ?? "";
}

function tensorsOf(
  spec: StoredSpec,
  path: string,
  read: CheckpointRead | undefined,
  shapes: Shapes,
): readonly SavedTensor[] {
  const whole = { ...savedUnderPath(spec), key: path };
  const source = read?.source;
  if (source === undefined) return [whole];
  const piece = { spec, first: 0, count: countOf(spec) };
  switch (source.kind) {
    case "key": {
      // Resized: the parameter is another grid than the file's.
      const shape = read?.resample === undefined ? shapeOf(source.key, shapes) : whole.shape;
      return [{ key: source.key, shape, pieces: [piece] }];
    }
    case "concat": {
      let first = 0;
      return source.keys.map((key) => {
        const shape = shapeOf(key, shapes);
        const own = { spec, first, count: elementCount(shape) };
        first += own.count;
        return { key, shape, pieces: [own] };
      });
    }
    case "transpose": {
      const shape = shapeOf(source.key, shapes);
      const [rows = 1, columns = 1] = shape;
      return [{ key: source.key, shape, pieces: [{ ...piece, transposed: { rows, columns } }] }];
    }
    case "part":
      throw new InternalError("parts of a key are put together by their numbers");
  }
}

/** The parts of a key, in their order. */
function joined(key: string, parts: ReadonlyMap<number, SavedPiece>, shapes: Shapes): SavedTensor {
  const shape = shapeOf(key, shapes);
  const pieces = [...parts].toSorted(([left], [right]) => left - right).map(([, piece]) => piece);
  const count = pieces.reduce((sum, piece) => sum + piece.count, 0);
  if (count !== elementCount(shape))
    throw fault("not-saveable", { path: key, reason: "the stage uses only a part of it" });
  return { key, shape, pieces };
}

/** Where two parameters are read from one key, they must not part. */
function put(tensors: Map<string, SavedTensor>, tensor: SavedTensor, spec: StoredSpec): void {
  const before = tensors.get(tensor.key);
  const isUpdated = (one: StoredSpec): boolean => one.writtenBy.length > 0;
  if (before !== undefined && [spec, ...before.pieces.map((one) => one.spec)].some(isUpdated)) {
    const reason = `it is read for several parameters, of which training changes \`${spec.path}\``;
    throw fault("not-saveable", { path: tensor.key, reason });
  }
  tensors.set(tensor.key, before ?? tensor);
}

function shapeOf(key: string, shapes: Shapes): readonly number[] {
  const shape = shapes[key];
  if (shape === undefined) throw new InternalError(`the checkpoint has no ${key}`);
  return shape;
}
