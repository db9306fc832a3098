import { existsSync } from "node:fs";
import { join } from "node:path";
import { Findings } from "../../../runtime/evaluate/entries/findings.ts";
import { readPrompts } from "../../../runtime/evaluate/given/asked-prompts.ts";
import type { TextItem } from "../../../runtime/evaluate/scores/text-item.ts";
import type { TextTask } from "../../../runtime/evaluate/tasks/text-tasks.ts";
import { fault } from "../../../runtime/faults.ts";
import type { EvaluationRequest } from "./evaluation-request.ts";

export interface AskedItems {
  readonly items: readonly TextItem[];
  /** Ids of items whose image is not there; they are answered with nothing. */
  readonly absent: ReadonlySet<string>;
  /** Whole prompts by id, where a file has them. */
  readonly prompts: ReturnType<typeof readPrompts> | undefined;
  /** Not all of the set. */
  readonly partial: boolean;
}

/**
 * The items of a set, all looked at before any is asked.
 *
 * @throws {RuntimeFault} or {SeveralFaults} that name files and entries.
 */
export function askedItems(
  task: TextTask,
  {
    data,
    limit,
    allowMissing,
    prompts: promptFile,
  }: Pick<EvaluationRequest, "data" | "limit" | "allowMissing" | "prompts">,
): AskedItems {
  const findings = new Findings();
  const all = task.layout.read(data, findings);
  findings.assertNone();
  const prompts = promptFile === undefined ? undefined : readPrompts(promptFile, all, findings);
  const units = [...new Set(all.map(({ unit }) => unit))];
  const taken = new Set(units.slice(0, limit));
  const items = all.filter(({ unit }) => taken.has(unit));
  const absent = new Set<string>();
  const gone = new Set<string>();
  for (const { id, image } of items) {
    const file = join(data, image);
    if (!gone.has(image) && existsSync(file)) continue;
    absent.add(id);
    // An image of several questions is told once.
    if (gone.has(image)) continue;
    gone.add(image);
    const reason = "there is no such image";
    if (!allowMissing) findings.add(fault("data-wrong", { file, place: `item ${id}`, reason }));
  }
  findings.assertNone();
  return { items, absent, prompts, partial: taken.size < units.length };
}
