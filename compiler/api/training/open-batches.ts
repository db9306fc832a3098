import { fault } from "../../../runtime/faults.ts";
import { type FileIdentity, identityOf } from "../../../runtime/files/file-hash.ts";
import { BatchFile } from "../../../runtime/train/batch-file.ts";
import type { TrainingOptions } from "../library-types.ts";
import { sha256 } from "../load/digest.ts";

/**
 * The records of a phase: those of all of them, or its own where phases have different ones.
 *
 * @throws {RuntimeFault} `batches-unusable`, also where there are none for the phase.
 */
export function openBatches(
  { batches }: Pick<TrainingOptions, "batches">,
  phase: string | undefined,
): BatchFile {
  return BatchFile.open(batchesOf(batches, phase));
}

/** The file of a phase. */
function batchesOf(batches: TrainingOptions["batches"], phase: string | undefined): string {
  if (typeof batches === "string") return batches;
  const own = phase === undefined ? undefined : batches[phase];
  if (own !== undefined) return own;
  const path = Object.values(batches).join(", ");
  const reason = phase === undefined ? "the stage has no phases" : `none is for phase \`${phase}\``;
  throw fault("batches-unusable", { path, reason });
}

/** What is trained on, by its bytes. */
export function identityOfBatches(batches: TrainingOptions["batches"]): FileIdentity {
  if (typeof batches === "string") return identityOf(batches);
  const all = Object.entries(batches).map(([phase, path]) => ({ phase, ...identityOf(path) }));
  const texts = all.map(({ phase, sha256: own }) => `${phase} ${own}`);
  return {
    bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
    sha256: sha256(texts.join("\n")),
  };
}
