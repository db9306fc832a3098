import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { nearestNames } from "../../diagnostics/suggest.ts";
import type { ModuleSyntax, Named } from "../../ir/syntax/syntax.ts";
import type { Item, LoadedFile } from "../core/entity.ts";

/** What a stage, an experiment or a `weights` block is `of`. */
export interface Subject {
  readonly item: Item;
  /** The model itself, where the name stands for an instance of one. */
  readonly module: ModuleSyntax;
}

/** The model that `of M` names where `file` is; undefined after a report, or after an import that failed. */
export function findSubject(
  sink: DiagnosticSink,
  file: LoadedFile,
  name: Named,
): Subject | undefined {
  const entity = file.scope.find(name.text)?.entry.entity;
  if (entity?.kind === "error") return undefined;
  if (entity?.kind === "item") {
    const module = moduleOf(entity.item, []);
    if (module === "error") return undefined;
    if (module?.isModel) return { item: entity.item, module };
  }
  const models = file.scope.names(({ entity: one }) => one.kind === "item" && isModel(one.item));
  const related =
    entity?.kind === "item"
      ? [{ span: entity.item.syntax.name.span, text: `this is no \`model\`` }]
      : [];
  const nearest = nearestNames(name.text, models);
  sink.report("unknown-name", name.span, { kind: "model", name: name.text, nearest }, { related });
  return undefined;
}

/** Follows named instances to what they are made of; `error` where that was reported elsewhere. */
export function moduleOf(item: Item, seen: readonly Item[]): ModuleSyntax | "error" | undefined {
  const { syntax, file } = item;
  if (syntax.kind === "module") return syntax;
  if (syntax.kind !== "alias") return undefined;
  const next = file.scope.find(syntax.part.name.text)?.entry.entity;
  if (next?.kind !== "item" || seen.includes(item)) return "error";
  return moduleOf(next.item, [...seen, item]);
}

function isModel({ syntax }: Item): boolean {
  return (syntax.kind === "module" || syntax.kind === "alias") && syntax.isModel;
}
