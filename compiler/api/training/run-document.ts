import { existsSync } from "node:fs";
import { fault } from "../../../runtime/faults.ts";
import { writeAtomically } from "../../../runtime/files/atomic-write.ts";
import type { FileIdentity } from "../../../runtime/files/file-hash.ts";
import { readText } from "../../../runtime/files/read-bytes.ts";
import { runPaths } from "../../../runtime/runs/run-folder.ts";
import type { AdaptedPhase, AdapterPlace } from "../../../runtime/train/adapter-places.ts";
import type { KeyPiece } from "../../../runtime/weights/key-pieces.ts";
import type { StageArtifact } from "../../stage-artifact.ts";
import { sha256 } from "../load/digest.ts";
import {
  count,
  dictionary,
  list,
  optional,
  real,
  record,
  type Shape,
  text,
} from "../load/shape.ts";

/** What a run was begun with, as far as a run that goes on asks for it. */
export interface RunIdentity {
  readonly seed: number;
  /** Steps in all. */
  readonly steps: number;
  /** SHA-256 of the program, but for how many steps it is to be run. */
  readonly program: string;
  /** SHA-256 of each text by its path. */
  readonly sources: Readonly<Record<string, string>>;
  readonly batches: FileIdentity;
  /** Where something else came to be, and what. */
  readonly changes: readonly { readonly step: number; readonly what: readonly string[] }[];
}

/** `run.json`: the identity, and what people ask of a run that they find. */
export interface RunDocument extends RunIdentity {
  /** Version and build of the compiler. */
  readonly weft: string;
  readonly device: string;
  readonly model: string;
  /** What is trained one after the other; a stage without phases is one. */
  readonly phases: readonly {
    /** Steps of the run that are done when it begins, and when it ends. */
    readonly from: number;
    readonly to: number;
    /** Of the axes that the record binds. */
    readonly sizes: StageArtifact["sizes"];
    /** As overrides have left it: what is trained at which rate, and for how long. */
    readonly stage: StageArtifact["stage"];
    /** Where its checkpoints have what `adapt` added, and the weights beside which it stands. */
    readonly adapters: readonly AdapterPlace[];
  }[];
  /** What was asked for beside the stage, as it was written. */
  readonly options: Readonly<Record<string, unknown>>;
}

const identity: Shape<RunIdentity> = record<RunIdentity>({
  seed: count,
  steps: count,
  program: text,
  sources: dictionary(text),
  batches: record<FileIdentity>({ bytes: count, sha256: text }),
  changes: list(record<RunIdentity["changes"][number]>({ step: count, what: list(text) })),
});

const pieces: Shape<readonly KeyPiece[]> = list(
  record<KeyPiece>({
    key: text,
    shape: list(count),
    first: count,
    at: count,
    count,
    transposed: optional(record({ rows: count, columns: count })),
  }),
);

const adapted: Shape<AdaptedRun> = record<AdaptedRun>({
  phases: list(
    record<AdaptedPhase>({
      to: count,
      adapters: list(
        record<AdapterPlace>({
          part: text,
          scale: real,
          weight: pieces,
          up: pieces,
          down: pieces,
          sharedWith: list(text),
        }),
      ),
    }),
  ),
});

interface AdaptedRun {
  readonly phases: readonly AdaptedPhase[];
}

/**
 * What the run in a folder was begun with; undefined where there is none.
 *
 * @throws {RuntimeFault} `run-damaged` where `run.json` has another form.
 */
export function readRunDocument(run: string): RunIdentity | undefined {
  return readAs(run, identity, "it does not say what the run was begun with");
}

/**
 * Where the checkpoints of a run have its adapters, by phases; undefined where the folder has no run.
 *
 * @throws {RuntimeFault} `run-damaged` as above.
 */
export function readAdaptedPhases(run: string): readonly AdaptedPhase[] | undefined {
  return readAs(run, adapted, "it does not say where adapters are")?.phases;
}

function readAs<T>(run: string, shape: Shape<T>, reason: string): T | undefined {
  const { document: path } = runPaths(run);
  if (!existsSync(path)) return undefined;
  let found: unknown;
  try {
    found = JSON.parse(readText(path, largestDocument));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  if (shape(found)) return found;
  throw fault("run-damaged", { path, reason });
}

export function writeRunDocument(run: string, document: RunDocument): void {
  const { document: path } = runPaths(run);
  writeAtomically(path, [new TextEncoder().encode(`${JSON.stringify(document, null, 2)}\n`)]);
}

/**
 * What differs between the beginning of a run and how it is to go on, in words. `records` is what it is trained on now:
 * "data set".
 */
export function changesBetween(
  before: RunIdentity,
  now: RunIdentity,
  records: string,
): readonly string[] {
  const changes = changedTexts(before, now).map((path) => `text of \`${path}\``);
  if (before.batches.sha256 !== now.batches.sha256) changes.push(records);
  if (before.seed !== now.seed) changes.push("seed");
  if (before.program !== now.program) {
    const isLonger = changes.length === 0 && before.steps !== now.steps;
    changes.push(isLonger ? "number of steps, which its schedule ends with" : "program");
  }
  return changes;
}

/** Texts by what they hold: how a path is written depends on the folder in which a command runs. */
function changedTexts({ sources: before }: RunIdentity, { sources: now }: RunIdentity): string[] {
  const not = (others: RunIdentity["sources"]) => {
    const hashes = new Set(Object.values(others));
    return ([_, hash]: readonly [string, string]) => !hashes.has(hash);
  };
  const gone = Object.entries(before).filter(not(now));
  const added = Object.entries(now).filter(not(before));
  return [...new Set([...gone, ...added].map(([path]) => path))];
}

/**
 * SHA-256 of the programs of a run. How many steps one is run for is no part of it, where its schedule does not know, nor
 * how the paths of its texts are written.
 */
export function programsHash(artifacts: readonly StageArtifact[]): string {
  const hashes = artifacts.map(({ stage, ...artifact }) => {
    const own = { ...artifact, stage: { ...stage, length: undefined } };
    return sha256(JSON.stringify(own, (key, value) => (key === "places" ? undefined : value)));
  });
  return hashes.length === 1 ? hashes.join() : sha256(hashes.join());
}

const largestDocument = 1 << 28;
