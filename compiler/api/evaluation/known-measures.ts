import { taskModes } from "../../../runtime/evaluate/tasks/task-modes.ts";
import type { TaskRecord } from "../../../runtime/evaluate/tasks/task-record.ts";
import { type Task, tasks } from "../../../runtime/evaluate/tasks/task-registry.ts";
import type { KnownParameter } from "../../2-check/variants/check-arguments.ts";
import type { KnownMeasure, KnownMeasures } from "../../2-check/variants/known-measures.ts";
import { atLeastOne } from "../../2-check/variants/value-range.ts";

const text = (name: string): KnownParameter => ({ name, type: "string", isOptional: true });
const count = (name: string): KnownParameter => ({
  name,
  type: "int",
  isOptional: true,
  range: atLeastOne,
});

const mode = text("mode");
const limit = count("limit");
const embedding = [mode, limit, count("batch")];
const language = text("language");

/** What each kind of task is asked beside its data: options of `weft eval` in the words of the language. */
const parametersOf: Readonly<Record<Task["kind"], readonly KnownParameter[]>> = {
  text: [mode, limit, count("beams"), count("max_new_tokens"), text("prompts")],
  classes: [language, ...embedding],
  probe: embedding,
  clips: [language, count("frames"), ...embedding],
  videos: [count("frames"), ...embedding],
  retrieval: [language, { name: "dual_softmax", type: "bool", isOptional: true }, ...embedding],
  regions: [mode, limit],
  throughput: [],
};

/** The loss of the stage over records in which nothing is dropped: those held out, or a data set's. */
const loss: KnownMeasure = {
  parameters: [text("dataset"), text("split")],
  sets: new Map([["", ["loss"]]]),
  open: ["loss"],
  modes: [],
  isOfStage: true,
};

/**
 * All that `measure` can name: the loss, and every task of `weft eval` that has numbers whatever model and data are. Sets of one
 * task are values of its argument `dataset`.
 */
export const knownMeasures: KnownMeasures = new Map([["loss", loss], ...evaluations()]);

function evaluations(): readonly (readonly [string, KnownMeasure])[] {
  const measured = tasks.filter(({ numbers }) => Object.keys(numbers).length > 0);
  const families = new Set(measured.map(familyOf));
  return [...families].map((family) => {
    const own = measured.filter((task) => familyOf(task) === family);
    return [family, measureOf(own)] as const;
  });
}

function measureOf(own: readonly Task[]): KnownMeasure {
  const [{ kind } = { kind: "throughput" as const }] = own;
  const closed = own.filter(({ isOpen }) => isOpen !== true);
  const sets = new Map(closed.map((task) => [setOf(task), wordsOf(task)]));
  const open = own.find(({ isOpen }) => isOpen === true);
  const isNamed = sets.size > 1 || !sets.has("");
  const needsData = sets.has("");
  return {
    parameters: [
      ...(isNamed ? [{ ...text("dataset"), isOptional: needsData }] : []),
      ...(open === undefined ? [] : [text("split")]),
      { ...text("data"), isOptional: !needsData },
      ...parametersOf[kind],
    ],
    sets,
    open: open && wordsOf(open),
    modes: taskModes[kind],
  };
}

/** `retrieval` of `retrieval:coco`. */
function familyOf({ name }: Task): string {
  const [family = name] = name.split(":");
  return family;
}

function setOf({ name }: Task): string {
  return name.split(":")[1] ?? "";
}

function wordsOf({ numbers }: Pick<TaskRecord, "numbers">): readonly string[] {
  return Object.keys(numbers);
}

/** The task that a measure names; undefined where there is none, as of another version's. */
export function taskOfMeasure(family: string, dataset: string | undefined): Task | undefined {
  const own = tasks.filter((task) => familyOf(task) === family);
  return (
    own.find((task) => task.isOpen !== true && setOf(task) === (dataset ?? "")) ??
    own.find(({ isOpen }) => isOpen)
  );
}
