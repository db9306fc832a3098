import { fault } from "../../../runtime/faults.ts";
import { type FileIdentity, identityOf } from "../../../runtime/files/file-hash.ts";
import { BatchFile } from "../../../runtime/train/batch-file.ts";
import type { TrainingOptions } from "../library-types.ts";
import { sha256 } from "../load/digest.ts";
import { recordsOfData } from "./data-records.ts";
import type { PhaseRecords, TrainingRecords } from "./run-records.ts";
import type { StageOutline } from "./stage-outline.ts";

/**
 * Looks at the records of a run: files of batches, or a data set, which the stage may name.
 *
 * @throws {RuntimeFault} `data-unsaid` where there are none, and what is wrong with them.
 */
export function trainingRecords(options: TrainingOptions, outline: StageOutline): TrainingRecords {
  const { heldOut, heldOutSplit, heldOutEvery } = options;
  if (heldOutEvery !== undefined && heldOut === undefined && heldOutSplit === undefined)
    throw fault("bad-value", {
      name: "--held-out-every",
      value: String(heldOutEvery),
      reason: "no records are held out; `--held-out` or `--held-out-split` says which",
    });
  return { ...recordsOf(options, outline), heldOut: heldOutRecords(options, outline)?.ofPhase };
}

/** Of the same kind as those that are trained on. */
function heldOutRecords(
  options: TrainingOptions,
  outline: StageOutline,
): TrainingRecords | undefined {
  const { batches, heldOut, heldOutSplit: split } = options;
  if (heldOut === undefined && split === undefined) return undefined;
  if (batches !== undefined) return recordsOf({ ...options, batches: heldOut }, outline);
  const data = typeof heldOut === "string" ? heldOut : options.data;
  return recordsOf({ ...options, data, split }, outline);
}

function recordsOf(options: TrainingOptions, outline: StageOutline): TrainingRecords {
  const { batches, data } = options;
  if (batches === undefined) return recordsOfData(options, outline);
  if (data !== undefined) throw fault("data-unsaid", { found: "both `--data` and `--batches`" });
  return {
    name: "file of batches",
    identity: identityOfFiles(batches),
    ofPhase: (phase) => recordsOfFile(batches, phase),
  };
}

type Batches = NonNullable<TrainingOptions["batches"]>;

function recordsOfFile(batches: Batches, phase: string | undefined): PhaseRecords {
  const path = fileOf(batches, phase);
  const file = BatchFile.open(path);
  file.close();
  return {
    stepsPerEpoch: file.steps,
    wholeBatches: () => file.steps,
    shapeOf: (name) => file.shapeOf(name),
    open: () => BatchFile.open(path),
  };
}

/** The file of a phase: that of all of them, or its own where phases have different ones. */
function fileOf(batches: Batches, phase: string | undefined): string {
  if (typeof batches === "string") return batches;
  const own = phase === undefined ? undefined : batches[phase];
  if (own !== undefined) return own;
  const path = Object.values(batches).join(", ");
  const reason = phase === undefined ? "the stage has no phases" : `none is for phase \`${phase}\``;
  throw fault("batches-unusable", { path, reason });
}

/** What is trained on, by its bytes. */
function identityOfFiles(batches: Batches): FileIdentity {
  if (typeof batches === "string") return identityOf(batches);
  const all = Object.entries(batches).map(([phase, path]) => ({ phase, ...identityOf(path) }));
  const texts = all.map(({ phase, sha256: own }) => `${phase} ${own}`);
  return {
    bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
    sha256: sha256(texts.join("\n")),
  };
}
