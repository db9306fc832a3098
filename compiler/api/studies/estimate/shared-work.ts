import type { StudyDocument } from "../folder/document-form.ts";
import { folderOf } from "../folder/study-tasks.ts";

/** What the runs of a study have in common, for its plan. Nothing else is shared. */
export function sharedWork({ study, folders }: StudyDocument): readonly string[] {
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
  return [weights, order, ...once];
}
