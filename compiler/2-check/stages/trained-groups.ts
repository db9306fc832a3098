import type { Value } from "../../ir/graph/graph.ts";
import type { Span } from "../../source/source-file.ts";
import type { Checker } from "../core/checker.ts";
import type { Storage } from "../core/entity.ts";
import type { CheckedGroup, CheckedPlan } from "./checked-stage.ts";

/** A `train` line with what of its selection the loss reaches. */
export interface TrainedGroup {
  readonly selector: string;
  readonly lr: number;
  /** Factors on the rate; parameters that are not in it have the whole rate. */
  readonly scales: ReadonlyMap<Storage, number>;
  /** In the order of declaration. */
  readonly parameters: readonly Storage[];
  /** What the line selects as well and no gradient reaches. */
  readonly unreached: readonly Storage[];
}

type TrainLine = Extract<CheckedGroup, { kind: "train" }>;

/**
 * What is trained: what a `train` line selects and a gradient reaches. A line of which nothing is reached is
 * a mistake, and so is a parameter that the loss reaches and no line names.
 */
export function trainedGroups(
  checker: Checker,
  { groups, span }: Pick<CheckedPlan, "groups" | "span">,
  reached: ReadonlyMap<Value, string | undefined>,
): readonly TrainedGroup[] {
  const isReached = (storage: Storage): boolean => {
    const value = checker.storedValues.get(storage);
    return value !== undefined && reached.has(value) && reached.get(value) === undefined;
  };
  const trained: TrainedGroup[] = [];
  for (const group of groups) {
    if (group.kind !== "train") continue;
    const parameters = inOrder(group.parameters.filter(isReached));
    const unreached = inOrder(group.parameters.filter((storage) => !isReached(storage)));
    const isStopped = reportStopped(checker, group, unreached, reached);
    const hasMeant = group.parameters.length > 0;
    if (hasMeant && parameters.length === 0 && !isStopped && !group.takesAdapters) {
      const reason = "the loss reaches nothing of it";
      checker.sink.report("idle-selector", group.span, { selector: group.selector, reason });
    }
    const { selector, scales, lr = 0 } = group;
    trained.push({ selector, lr, scales, parameters, unreached });
  }
  reportUnassigned(checker, groups, span, isReached);
  return trained;
}

function inOrder(storages: readonly Storage[]): readonly Storage[] {
  return storages.toSorted((a, b) => a.order - b.order);
}

/** Parameters that reach the loss only through what has no gradient; once for each line and operation. */
function reportStopped(
  checker: Checker,
  group: TrainLine,
  storages: readonly Storage[],
  reached: ReadonlyMap<Value, string | undefined>,
): boolean {
  const stopped = storages.flatMap((storage) => {
    const value = checker.storedValues.get(storage);
    const operation = value && reached.get(value);
    return operation === undefined ? [] : [{ path: storage.path, operation }];
  });
  const [first] = stopped;
  if (first === undefined) return false;
  checker.sink.report("gradient-through", group.span, { ...first, more: stopped.length - 1 });
  return true;
}

function reportUnassigned(
  checker: Checker,
  groups: readonly CheckedGroup[],
  span: Span,
  isReached: (storage: Storage) => boolean,
): void {
  const assigned = new Set(groups.flatMap(({ parameters }) => parameters));
  const others = [...checker.storedValues.keys()].filter(
    (storage) => storage.kind === "param" && !assigned.has(storage) && isReached(storage),
  );
  const [first] = inOrder(others);
  if (first === undefined) return;
  checker.sink.report("unassigned-parameter", span, { path: first.path, more: others.length - 1 });
}
