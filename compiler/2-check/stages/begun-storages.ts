import type { BegunStorages } from "../weights/checkpoint-read.ts";
import type { CheckedPlan } from "./checked-stage.ts";
import type { ElaboratedStage } from "./elaborate-stage.ts";

/** What a phase may begin itself where a checkpoint lacks it: what it trains, and what parts that it trains remember. */
export function begunStorages(
  { checker, stored }: Pick<ElaboratedStage, "checker" | "stored">,
  { groups, span }: Pick<CheckedPlan, "groups" | "span">,
): BegunStorages {
  const trained = groups.flatMap(({ kind, parameters }) => (kind === "train" ? parameters : []));
  const remembered = stored.filter(
    ({ kind, instance }) => kind === "buffer" && checker.isTraining(instance.path),
  );
  return { storages: new Set([...trained, ...remembered]), span };
}
