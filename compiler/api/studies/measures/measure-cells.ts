import { fault } from "../../../../runtime/faults.ts";
import type { StudyDocument } from "../folder/document-form.ts";
import type { MeasureCell, Measured } from "../work/cell-work.ts";
import { measureTasks } from "./measure-registry.ts";

/** Measures trained cells as their study says: one evaluation after the other, with the weights of the run's newest checkpoint. */
export function measureCells(folder: string, document: StudyDocument): MeasureCell {
  return async ({ cell, seed, run }): Promise<Measured> => {
    const values: Record<string, number | null> = {};
    const pictures: string[] = [];
    for (const measure of document.study.measures) {
      const own = measureTasks.get(measure.task);
      if (own === undefined)
        throw fault("eval-request", {
          reason: `\`${measure.name}\` cannot be measured: studies do not run \`${measure.task}\` yet`,
          hint: `they run ${[...measureTasks.keys()].join(", ")}; \`weft eval\` scores a run by the others`,
        });
      const found = await own.run({ folder, document, cell, seed, run, measure });
      for (const field of measure.fields) {
        const value = found.values[field];
        const isNumber = value !== undefined && Number.isFinite(value);
        values[`${measure.name}.${field}`] = isNumber ? value : null;
      }
      pictures.push(...(found.pictures ?? []));
    }
    return { values, pictures };
  };
}
