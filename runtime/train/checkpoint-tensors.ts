import { join } from "node:path";
import type { Artifact, CheckpointRead, StoredSpec } from "../../compiler/artifact.ts";
import { fault } from "../faults.ts";
import { meansFile, weightsFile } from "../runs/run-folder.ts";
import type { SavedPiece, SavedTensor } from "../stored/save-stored.ts";
import { elementCount } from "../tensor.ts";
import { type KeyPiece, keyPieces, type Shapes } from "../weights/key-pieces.ts";
import type { CheckpointSource } from "../weights/weight-source.ts";

/** The files of a checkpoint with tensors: by the prefix that the paths of what they hold have. */
const files = {
  weights: { name: weightsFile, prefix: "" },
  optimizer: { name: "optimizer.safetensors", prefix: "optimizer." },
  ema: { name: meansFile, prefix: "ema." },
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
    const parts = new Map<string, Map<number, KeyPart>>();
    for (const spec of own) {
      const path = spec.path.slice(prefix.length);
      const read = prefix === "optimizer." ? undefined : reads.get(path);
      const shape = spec.shape.map(({ size }) => size);
      for (const piece of keyPieces(path, shape, read, shapes)) {
        const { key, first, count, transposed } = piece;
        const saved: SavedPiece = { spec, first, count, ...(transposed && { transposed }) };
        if (read?.source?.kind === "part")
          parts.set(key, (parts.get(key) ?? new Map()).set(piece.at, { ...piece, saved }));
        else put(tensors, { key, shape: piece.shape, pieces: [saved] }, spec);
      }
    }
    for (const [key, found] of parts) tensors.set(key, joined(key, [...found.values()]));
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

/** What a parameter has of the tensor of a key, where others have the rest. */
interface KeyPart extends KeyPiece {
  readonly saved: SavedPiece;
}

/** The parts of a key, in their order. */
function joined(key: string, parts: readonly KeyPart[]): SavedTensor {
  const shape = parts[0]?.shape ?? [];
  const pieces = parts.toSorted((left, right) => left.at - right.at).map(({ saved }) => saved);
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
