import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { ItemSyntax } from "../../ir/syntax/file-syntax.ts";
import type { MemberSyntax, ModuleSyntax, PathSyntax } from "../../ir/syntax/syntax.ts";
import { textOf } from "../core/describe.ts";
import type { LoadedFile } from "../core/entity.ts";
import { collectNames } from "./collect-names.ts";
import type { LoadedProgram } from "./load-files.ts";
import type { DeadStatements } from "./unused-values.ts";

/**
 * Warns of parts and stored tensors whose name stands nowhere but in their declaration and in `dead`
 * statements, of which nothing reaches a result: no mode and no stage can reach them. A part that is named but
 * only in a fn that nothing calls is not found here.
 */
export function reportUnreachedParts(
  program: LoadedProgram,
  dead: DeadStatements,
  sink: DiagnosticSink,
): void {
  const isSkipped = (parent: object, key: string) => {
    if (dead.has(parent)) return true;
    const kind = Reflect.get(parent, "kind");
    return (
      (kind === "use" || kind === "slot" || kind === "storage") &&
      (key === "path" || key === "paths")
    );
  };
  for (const file of program.entries) {
    if (file.isBroken) continue;
    const names = new Set<string>();
    for (const syntax of itemsThatName(program.files, file)) collectNames(syntax, names, isSkipped);
    for (const { syntax } of file.items.values()) {
      if (syntax.kind === "module") reportIn(syntax, names, sink);
    }
  }
}

/**
 * What can name a part of a file: all of it and of the files that may import it, which stand after it. What it
 * imports knows its parts through interfaces alone, whose promises have their names.
 */
function itemsThatName(files: readonly LoadedFile[], file: LoadedFile): readonly ItemSyntax[] {
  const place = files.indexOf(file);
  return files.flatMap(({ syntax: { items } }, n) =>
    n < place ? items.filter(({ kind }) => kind === "interface") : items,
  );
}

function reportIn(module: ModuleSyntax, names: ReadonlySet<string>, sink: DiagnosticSink): void {
  for (const path of declaredPaths(module.members)) {
    const last = path.steps.findLast((step) => step.kind === "name");
    const name = last?.kind === "name" ? last.name.text : path.head.text;
    if (!names.has(name)) sink.report("unreached-part", path.span, { path: textOf(path.span) });
  }
}

function declaredPaths(members: readonly MemberSyntax[]): readonly PathSyntax[] {
  return members.flatMap((member) => {
    if (member.kind === "use" || member.kind === "storage") return member.paths;
    if (member.kind === "slot") return [member.path];
    return member.kind === "repeat" ? declaredPaths(member.members) : [];
  });
}
