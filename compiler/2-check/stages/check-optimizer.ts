import type { InterfaceSyntax, PartSyntax, SlotSyntax } from "../../ir/syntax/syntax.ts";
import type { Checker } from "../core/checker.ts";
import type { Env, LoadedFile } from "../core/entity.ts";
import { checkFit } from "../parts/interfaces.ts";
import { findInInstance } from "../values/members.ts";
import type { CheckedOptimizer } from "./checked-stage.ts";

/**
 * The optimizer as a part that is made: it fits the interface of that name in `std/optimizers`, whoever
 * wrote it. Undefined after a report.
 */
export function checkOptimizer(
  checker: Checker,
  env: Env,
  part: PartSyntax,
  files: readonly LoadedFile[],
): CheckedOptimizer | undefined {
  const made = checker.makePart(checker, { part, env, path: "optimizer", fills: [], inside: [] });
  const promise = findOptimizer(files);
  if (made === undefined || promise === undefined) return undefined;
  const { span, name } = part;
  const slot: SlotSyntax = {
    kind: "slot",
    path: { head: { text: "optimizer", span }, steps: [], span },
    interface: { text: promise.syntax.name.text, span: name.span },
    axes: [],
    part,
    condition: undefined,
    span,
  };
  if (!checkFit(checker, env, { ...promise, slot }, made, part)) return undefined;
  const update = findInInstance(checker, made, [made], "update");
  if (update?.kind !== "fn") return undefined;
  const settings = [...made.settings.values()].flatMap(({ name, entity }) =>
    entity.kind === "static" ? [[name, entity.value] as const] : [],
  );
  return { instance: made, update, settings: new Map(settings) };
}

/** Files stand after those that they import, so the standard library's own comes first. */
function findOptimizer(
  files: readonly LoadedFile[],
): { readonly syntax: InterfaceSyntax; readonly file: LoadedFile } | undefined {
  for (const file of files) {
    const syntax = file.items.get("Optimizer")?.syntax;
    if (syntax?.kind === "interface") return { syntax, file };
  }
  return undefined;
}
