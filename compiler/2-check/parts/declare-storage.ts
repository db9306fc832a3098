import type { StoredDimension } from "../../ir/graph/graph.ts";
import type { StorageSyntax } from "../../ir/syntax/syntax.ts";
import { reportUnknownAxis } from "../axes/axes.ts";
import { evaluateType } from "../axes/types.ts";
import type { Checker } from "../core/checker.ts";
import { describeAxes } from "../core/describe.ts";
import type { Env, Instance, Storage, TypeEntry } from "../core/entity.ts";
import type { Absence } from "../core/fills.ts";
import { initOf } from "../core/init.ts";
import { memberPath, placeMember, stepsOf } from "./place-member.ts";

/** `param`, `buffer`, `state`: tensors that are stored, one per path. */
export function declareStorage(
  checker: Checker,
  env: Env,
  instance: Instance,
  member: StorageSyntax,
  absence: Absence,
): void {
  for (const path of member.paths) {
    const steps = stepsOf(checker, env, path);
    const node = steps === undefined ? undefined : placeMember(checker, instance, path, steps);
    if (steps === undefined || node === undefined) continue;
    if (absence !== undefined) {
      node.content = absence;
      continue;
    }
    const storage = storageOf(checker, env, instance, member, memberPath(instance, steps));
    node.content = storage === undefined ? { kind: "error" } : { kind: "storage", storage };
    if (storage !== undefined && checker.known.sizes === "symbolic")
      checker.startOf(checker, storage.init, storage);
  }
}

function storageOf(
  checker: Checker,
  env: Env,
  instance: Instance,
  member: StorageSyntax,
  path: string,
): Storage | undefined {
  const type = evaluateType(checker, env, member.type);
  if (type.kind === "error") return undefined;
  if (type.kind === "static") {
    checker.sink.report(
      "argument-type",
      member.type.span,
      {
        callee: `the ${member.storage} \`${path}\``,
        name: { phrase: "the type" },
        needed: "axes in brackets",
        found: `\`${type.type}\``,
      },
      { hint: "`[]` is the type of a single number" },
    );
    return undefined;
  }
  const hasRest = type.entries.some((entry) => entry.kind === "rest");
  if (hasRest && member.storage !== "state") {
    checker.sink.report(
      "unbound-axis",
      member.type.span,
      { axis: "..", where: `the ${member.storage} \`${path}\`` },
      { hint: "write all its axes" },
    );
    return undefined;
  }
  const known: Extract<TypeEntry, { kind: "known" }>[] = [];
  for (const entry of type.entries) {
    if (entry.kind === "open" && member.storage !== "state") {
      reportUnknownAxis(checker, env, { text: entry.name, span: entry.span });
      return undefined;
    }
    if (entry.kind === "known") known.push(entry);
  }
  const init = initOf(env, member.init);
  if (init.kind !== "init") return undefined;
  const dimensions = known.map(
    ({ axes }): StoredDimension => ({ name: describeAxes(checker, env, axes), axes }),
  );
  return {
    kind: member.storage,
    path,
    order: checker.nextSite("stored"),
    element: type.element,
    axes: known.flatMap((entry) => entry.axes),
    dimensions,
    entries: type.entries,
    init: init.init,
    span: member.span,
    instance,
  };
}
