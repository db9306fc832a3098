import { existsSync } from "node:fs";
import { findData } from "../../../../runtime/datasets/find-data.ts";
import type { Task } from "../../../../runtime/evaluate/tasks/task-registry.ts";
import { fault } from "../../../../runtime/faults.ts";
import { knownMeasures, taskOfMeasure } from "../../evaluation/known-measures.ts";
import type { Measure } from "../study.ts";

/** A measure that is a task of `weft eval`. */
export interface OpenEvaluation {
  readonly measure: Measure;
  readonly task: Task;
  /** The folder of its data. */
  readonly data: string;
}

interface OpenMeasures {
  readonly losses: readonly Measure[];
  readonly evaluations: readonly OpenEvaluation[];
}

/**
 * What the measures of a study run, and on which data; the layout of a set is read when it is first asked for, and then kept.
 *
 * @throws {RuntimeFault} `eval-request` for a measure of another version and for data that are not there, `data-set-unfetched`.
 */
export function openMeasures(measures: readonly Measure[]): OpenMeasures {
  const losses = measures.filter(({ task }) => task === "loss");
  const others = measures.filter(({ task }) => task !== "loss");
  return { losses, evaluations: others.map(openEvaluation) };
}

function openEvaluation(measure: Measure): OpenEvaluation {
  const { name, task: family, settings } = measure;
  const dataset = settings.dataset === undefined ? undefined : String(settings.dataset);
  const task = taskOfMeasure(family, dataset);
  if (task === undefined)
    throw fault("eval-request", {
      reason: `\`${name}\` cannot be measured: there is no evaluation \`${family}\` of \`${dataset}\``,
      hint: `there are ${[...knownMeasures.keys()].join(", ")}`,
    });
  const named = String(settings.data ?? dataset);
  const data = findData(named);
  if (!existsSync(data)) {
    const sets = [...(knownMeasures.get(family)?.sets.keys() ?? [])].filter((set) => set !== "");
    throw fault("eval-request", {
      reason: `\`${name}\` cannot be measured: there is no \`${data}\``,
      hint:
        task.isOpen === true
          ? `\`dataset\` is a folder of yours, or one of ${sets.join(", ")} with its folder in \`data\``
          : `\`data\` names the folder with the files of \`${task.name}\``,
    });
  }
  return { measure, task: readOnce(task), data };
}

/** The same task, whose layout is read once for each part and language. */
function readOnce(task: Task): Task {
  switch (task.kind) {
    case "classes":
    case "probe":
      return { ...task, layout: { ...task.layout, read: once(task.layout.read) } };
    case "retrieval":
      return { ...task, layout: { ...task.layout, read: once(task.layout.read) } };
    case "text":
      return { ...task, layout: { ...task.layout, read: once(task.layout.read) } };
    default:
      return task;
  }
}

/** Remembers what was read by its plain arguments; what is wrong with the data is found again each time. */
function once<F, A extends readonly (string | undefined)[], T>(
  read: (data: string, findings: F, ...others: A) => T,
): (data: string, findings: F, ...others: A) => T {
  const known = new Map<string, T>();
  return (data, findings, ...others) => {
    const key = JSON.stringify([data, ...others]);
    const found = known.get(key) ?? read(data, findings, ...others);
    known.set(key, found);
    return found;
  };
}
