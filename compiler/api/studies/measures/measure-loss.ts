import { fault } from "../../../../runtime/faults.ts";
import { newestCheckpoint } from "../../../../runtime/runs/recover-run.ts";
import type { TrainingOptions } from "../../library-types.ts";
import { tunedProfile } from "../../load/tuned-profile.ts";
import { openOn } from "../../open-loaded.ts";
import { openHeldOut } from "../../training/open-phase.ts";
import { compilePhases } from "../../training/phase-programs.ts";
import { stageOutline } from "../../training/stage-outline.ts";
import { trainingRecords } from "../../training/training-records.ts";
import type { Measure } from "../study.ts";
import type { Measured } from "../work/cell-work.ts";
import { cellOptions } from "../work/train-cells.ts";
import { measuredValues, type TrainedCell } from "./measure-task.ts";

/** The loss of the cell's stage over records, in which nothing is dropped: those of a data set, or the held-out ones. */
export async function measureLoss(
  { folder, document, cell, seed, run }: TrainedCell,
  measure: Measure,
): Promise<Measured["values"]> {
  const { dataset, split } = measure.settings;
  const options: TrainingOptions = {
    ...cellOptions(folder, document, cell),
    ...(typeof dataset === "string" && { heldOut: dataset, heldOutSplit: undefined }),
    ...(typeof split === "string" && { heldOutSplit: split }),
    steps: cell.steps,
    out: run,
  };
  const { checkpoint } = newestCheckpoint(run);
  if (checkpoint === undefined)
    throw fault("run-damaged", { path: run, reason: "it has no checkpoint to measure" });
  return openOn(options, async (device, isOwner) => {
    try {
      const outline = stageOutline(options);
      const own = { ...options, weights: outline.weights };
      const records = trainingRecords(own, outline);
      const profile = tunedProfile(device, options.tuned);
      const program = compilePhases(own, outline, records, profile).phases.at(-1);
      const open = program && (await openHeldOut(program, seed, { device, records }));
      if (open === undefined) return measuredValues(measure, () => undefined);
      try {
        const { loss, watches } = await open.measure(checkpoint.folder);
        return measuredValues(measure, (field) => (field === "loss" ? loss : watches[field]));
      } finally {
        open.close();
      }
    } finally {
      if (isOwner) device.dispose();
    }
  });
}
