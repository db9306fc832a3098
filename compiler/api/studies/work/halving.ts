import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fault } from "../../../../runtime/faults.ts";
import { createOnce } from "../../../../runtime/files/create-once.ts";
import { stateNames } from "../../../../runtime/studies/claims.ts";
import { dictionary, either, real, record, type Shape } from "../../load/shape.ts";
import { readTaskState, type StudyTask } from "../folder/study-tasks.ts";
import { type Direction, directionOf } from "../statistics/direction.ts";
import type { Cell, Study } from "../study.ts";

/**
 * Successive halving: all cells go to the first rung, the best share of them to the next, and so on. It is not asynchronous: a
 * rung is decided when all of its runs are there, so that the same cells are stopped however many workers there are, and
 * whenever one of them is killed.
 */
export class HalvingRule {
  readonly #study: Study;
  readonly #tasks: readonly StudyTask[];
  /** Steps at which cells are compared. */
  readonly rungs: readonly number[];
  /** Decisions that were reached; they do not change any more. */
  readonly #decided = new Map<number, ReadonlySet<string>>();

  constructor(study: Study, tasks: readonly StudyTask[]) {
    this.#study = study;
    this.#tasks = tasks;
    this.rungs = rungsOf(study);
  }

  /**
   * What a task has before it: the rung to go to, undefined for all of its steps; or it waits until a rung is decided; or it was
   * stopped, which is then known to everybody.
   */
  next(task: StudyTask): { readonly until: number | undefined } | "waits" | "stopped" {
    const reached = this.rungs.filter((rung) => existsSync(rungPath(task, rung)));
    for (const [n, rung] of reached.entries()) {
      const kept = this.#survivors(n);
      if (kept === undefined) return "waits";
      if (kept.has(task.cell.identity)) continue;
      const text = JSON.stringify({ code: "halving", message: this.#reason(rung, kept.size) });
      createOnce(join(task.paths.state, stateNames.stopped), `${text}\n`);
      return "stopped";
    }
    return { until: this.rungs[reached.length] };
  }

  #reason(rung: number, kept: number): string {
    const { on = "loss" } = this.#study.halving ?? {};
    return `stopped after ${rung} steps: by \`${on}\` ${kept} cells were better`;
  }

  /** Identities of the cells that go on behind a rung; undefined where runs are missing that others are still at. */
  #survivors(n: number): ReadonlySet<string> | undefined {
    const known = this.#decided.get(n);
    if (known !== undefined) return known;
    const before = n === 0 ? undefined : this.#survivors(n - 1);
    if (n > 0 && before === undefined) return undefined;
    const cells = [...new Set(this.#tasks.map(({ cell }) => cell))];
    const own = cells.filter(({ identity }) => before?.has(identity) !== false);
    const values: { readonly cell: Cell; readonly value: number }[] = [];
    for (const cell of own) {
      const value = this.#valueAt(cell, this.rungs[n] ?? 0);
      if (value === undefined) return undefined;
      values.push({ cell, value });
    }
    // A stable sort: of equal ones the earlier in the text is better. NaN is the worst.
    const { by = 2, on = "loss" } = this.#study.halving ?? {};
    const direction = directionOf(on);
    const rank = ({ value }: { readonly value: number }): number => ranked(value, direction);
    const inOrder = values.toSorted((left, right) => rank(left) - rank(right) || 0);
    const count = Math.max(1, Math.floor(own.length / by));
    const kept = new Set(inOrder.slice(0, count).map(({ cell }) => cell.identity));
    this.#decided.set(n, kept);
    return kept;
  }

  /** Mean over the seeds; NaN for a cell of which one has failed; undefined while runs are missing. */
  #valueAt(cell: Cell, rung: number): number | undefined {
    let sum = 0;
    const own = this.#tasks.filter((task) => task.cell === cell);
    for (const task of own) {
      const value = valueAt(task, rung, this.#study.halving?.on ?? "loss");
      if (value === undefined) return undefined;
      sum += value;
    }
    return sum / own.length;
  }
}

/** Steps of the rungs: those that every cell has. */
function rungsOf({ halving, cells }: Study): readonly number[] {
  if (halving === undefined) return [];
  const last = Math.min(...cells.map(({ steps }) => steps ?? Number.POSITIVE_INFINITY));
  const rungs: number[] = [];
  for (let rung = halving.from; rung < last && Number.isFinite(last); rung *= halving.by)
    rungs.push(Math.round(rung));
  return rungs;
}

/** The best first; what is no number comes last. */
function ranked(value: number, direction: Direction): number {
  if (Number.isNaN(value)) return Number.MAX_VALUE;
  return direction === "lower" ? value : -value;
}

/** The measure whose number cells are halved by; undefined where it is the loss or what is watched. */
export function halvingMeasure({ halving, measures }: Study): string | undefined {
  const isMeant = ({ name, fields }: Study["measures"][number]): boolean =>
    fields.some((field) => `${name}.${field}` === halving?.on);
  return measures.find(isMeant)?.name;
}

interface RungNumbers {
  readonly step: number;
  readonly values: Readonly<Record<string, number | null>>;
}

const isNull = (value: unknown): value is null => value === null;
const rungShape: Shape<RungNumbers> = record<RungNumbers>({
  step: real,
  values: dictionary(either(real, isNull)),
});

function valueAt(task: StudyTask, rung: number, on: string): number | undefined {
  const path = rungPath(task, rung);
  if (!existsSync(path)) return readTaskState(task).kind === "failed" ? Number.NaN : undefined;
  const found: unknown = JSON.parse(readFileSync(path, "utf8"));
  if (!rungShape(found))
    throw fault("study-damaged", { path, reason: "it has no numbers of a rung" });
  return found.values[on] ?? Number.NaN;
}

export function rungName(step: number): string {
  return `rung-${step}.json`;
}

function rungPath({ paths: { state } }: StudyTask, rung: number): string {
  return join(state, rungName(rung));
}
