import type { Instance } from "../../2-check/core/entity.ts";
import type { CheckedReport } from "../../2-check/experiments/checked-experiment.ts";
import { instanceAt } from "../../2-check/experiments/difference.ts";

/** Columns of reports that are numbers of a part, such as `vision_model.params`, as far as the model has it. */
export function costedColumns(
  reports: readonly CheckedReport[],
  model: Instance,
): readonly string[] {
  const columns = reports.flatMap((report) =>
    report.kind === "table"
      ? report.columns
      : [report.column, report.over, ...(report.by === undefined ? [] : [report.by])],
  );
  return [...new Set(columns)].filter((column) => {
    const isNumber = column.endsWith(".params") || column.endsWith(".macs");
    return isNumber && instanceAt(model, partOfColumn(column).split(".")) !== undefined;
  });
}

/** `encoder.layers.3` for `encoder.layers[3].macs`. */
export function partOfColumn(column: string): string {
  return column
    .slice(0, column.lastIndexOf("."))
    .replaceAll(" ", "")
    .replaceAll(/\[([^\]]*)\]/g, ".$1");
}
