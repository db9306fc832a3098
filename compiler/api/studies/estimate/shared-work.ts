import type { StudyDocument } from "../folder/document-form.ts";
import { folderOf } from "../folder/study-tasks.ts";

/** What the runs of a study have in common, for its plan. Nothing else is shared. */
export function sharedWork(document: StudyDocument): readonly string[] {
  const { study, folders } = document;
  const first = new Map<string, string>();
  const doubles = study.cells.flatMap((cell) => {
    const folder = folderOf(folders, cell);
    const earlier = first.get(folder);
    if (earlier === undefined) first.set(folder, cell.name);
    return earlier === undefined ? [] : [`\`${cell.name}\` is \`${earlier}\``];
  });
  const weights =
    "runs of one seed begin with equal weights wherever path, shape and initialiser are the same: each parameter draws from a stream of its own, keyed by seed and path";
  const order =
    "runs of one seed on the same data see the same samples in the same order, which is keyed by seed and data";
  const once =
    doubles.length === 0
      ? []
      : [`cells that resolve to the same are trained once: ${doubles.join(", ")}`];
  return [weights, order, ...frozenWork(document), ...once];
}

/** What is kept of samples, and for which cells. */
function frozenWork({ study, training }: StudyDocument): readonly string[] {
  if (training.keepFrozen === false) return [];
  const cells = study.cells.filter(({ cost: { frozen = [] } }) => frozen.length > 0);
  if (cells.length === 0) return [];
  const values = [...new Set(cells.flatMap(({ cost: { frozen = [] } }) => frozen))].join(", ");
  const which =
    cells.length === study.cells.length
      ? "all cells"
      : cells.map(({ name }) => `\`${name}\``).join(", ");
  return [
    `what frozen parts make of a sample is computed once for runs with the same of them, by what it is made of: ${values}; ${which}`,
  ];
}
