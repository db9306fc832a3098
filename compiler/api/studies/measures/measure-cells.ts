import type { StudyDocument } from "../folder/document-form.ts";
import type { Measure } from "../study.ts";
import type { MeasureCell, Measured } from "../work/cell-work.ts";
import { evaluateCell } from "./evaluate-cell.ts";
import { measureLoss } from "./measure-loss.ts";
import { openMeasures } from "./open-measures.ts";

/**
 * Measures trained cells as their study says, with the weights of the run's newest checkpoint. Data of evaluations are read once
 * for all the cells that this worker measures.
 */
export function measureCells(folder: string, document: StudyDocument): MeasureCell {
  const { losses, evaluations } = openMeasures(document.study.measures);
  return async ({ cell, seed, run, only }): Promise<Measured> => {
    const trained = { folder, document, cell, seed, run };
    const isAsked = ({ name }: Measure): boolean => only === undefined || name === only;
    const asked = evaluations.filter(({ measure }) => isAsked(measure));
    let values: Measured["values"] = {};
    for (const measure of losses.filter(isAsked))
      values = { ...values, ...(await measureLoss(trained, measure)) };
    if (asked.length === 0) return { values, pictures: [] };
    const found = await evaluateCell(trained, asked);
    return { values: { ...values, ...found.values }, pictures: found.pictures };
  };
}
