import type { Artifact } from "../../compiler/artifact.ts";
import { InternalError } from "../internal-error.ts";
import { type KeyPiece, keyPieces, type Shapes } from "../weights/key-pieces.ts";

/** Where in a checkpoint of a run an adapter lies, and the weight that it stands beside. */
export interface AdapterPlace {
  /** The path of the part that is adapted. */
  readonly part: string;
  /** What the product of its two matrices is multiplied with. */
  readonly scale: number;
  readonly weight: readonly KeyPiece[];
  readonly up: readonly KeyPiece[];
  readonly down: readonly KeyPiece[];
  /** Other parameters that are read from the same elements as the weight. */
  readonly sharedWith: readonly string[];
}

/** A phase of a run, by the step of the run with which it ends. */
export interface AdaptedPhase {
  readonly to: number;
  readonly adapters: readonly AdapterPlace[];
}

/** The adapters of a program by the tensors of its checkpoints; `shapes` are those of the file that the run began with. */
export function adapterPlaces(
  { stored, checkpoint }: Pick<Artifact, "stored" | "checkpoint">,
  adapters: readonly Pick<AdapterPlace, "part" | "scale">[],
  shapes: Shapes,
): readonly AdapterPlace[] {
  if (adapters.length === 0) return [];
  const reads = new Map(checkpoint?.reads.map((read) => [read.parameter, read]));
  const parameters = stored.filter(({ kind }) => kind === "param");
  const pieces = new Map(
    parameters.map(({ path, shape }) => {
      const sizes = shape.map(({ size }) => size);
      return [path, keyPieces(path, sizes, reads.get(path), shapes)] as const;
    }),
  );
  const piecesOf = (path: string): readonly KeyPiece[] => {
    const found = pieces.get(path);
    if (found === undefined) throw new InternalError(`the program has no ${path}`);
    return found;
  };
  return adapters.map(({ part, scale }) => {
    const own = `${part}.weight`;
    const weight = piecesOf(own);
    const others = [...pieces].filter(([path, theirs]) => path !== own && overlap(theirs, weight));
    return {
      part,
      scale,
      weight,
      up: piecesOf(`${part}.lora_up.weight`),
      down: piecesOf(`${part}.lora_down.weight`),
      sharedWith: others.map(([path]) => path),
    };
  });
}

function overlap(some: readonly KeyPiece[], others: readonly KeyPiece[]): boolean {
  return some.some((a) =>
    others.some((b) => a.key === b.key && a.at < b.at + b.count && b.at < a.at + a.count),
  );
}
