import type { ReportOptions } from "../../diagnostics/sink.ts";
import { nearestNames } from "../../diagnostics/suggest.ts";
import type { Named } from "../../ir/syntax/syntax.ts";
import type { Span } from "../../source/source-file.ts";
import type { Checker } from "../core/checker.ts";
import type { Reporting } from "../core/contexts.ts";
import { type Entity, type Env, errorEntity } from "../core/entity.ts";
import type { Entry, Role } from "../core/name-table.ts";
import type { Scope } from "../core/scope.ts";
import { settledEntity } from "./members.ts";

/** What a name means: block, fn, module, file, then primitives and the few static names. */
export function lookUp(checker: Checker, env: Env, name: string, span: Span): Entity {
  const found = findName(checker, env, name);
  if (found !== undefined) return found;
  const names = [
    ...env.scope.names(),
    ...checker.primitives.keys(),
    "pi",
    "training",
    "lowest",
    "infinity",
    "nan",
  ];
  const nearest = nearestNames(name, names);
  checker.sink.report(
    "unknown-name",
    span,
    { kind: "name", name, nearest },
    importHint(checker, name, nearest),
  );
  return errorEntity;
}

/** What the standard library has under this name was probably meant; under one like it, perhaps. */
export function importHint(
  context: Reporting,
  name: string,
  nearest: readonly string[],
): ReportOptions {
  const found = context.findImport?.(name);
  if (found === undefined) return {};
  if (found.name === name) return { hint: `\`${found.line}\` at the top of the file` };
  return nearest.length > 0
    ? {}
    : { hint: `did you mean \`${found.name}\`? It is there with \`${found.line}\`` };
}

export function findName(checker: Checker, env: Env, name: string): Entity | undefined {
  const found = env.scope.find(name);
  if (found !== undefined) return settledEntity(found.entry.entity);
  const op = checker.primitives.get(name);
  if (op !== undefined) return { kind: "primitive", op };
  switch (name) {
    case "pi":
      return { kind: "static", value: { type: "float", value: Math.PI } };
    case "infinity":
      return { kind: "static", value: { type: "float", value: Number.POSITIVE_INFINITY } };
    case "nan":
      return { kind: "static", value: { type: "float", value: Number.NaN } };
    case "lowest":
      return { kind: "static", value: { type: "lowest" } };
    case "training": {
      const isKnown = checker.known.sizes === "numbers";
      const value = isKnown ? checker.isTraining(env.frame.path) : undefined;
      return { kind: "static", value: { type: "bool", value } };
    }
    default:
      return undefined;
  }
}

/**
 * Declares a name of a fn or block. A `let` may shadow a `let` or a parameter; hiding anything of the
 * module, an axis or a fn is an error, because a reader would take one for the other. Primitives may
 * be hidden.
 */
export function declareInside(
  context: Reporting,
  scope: Scope,
  name: Named,
  entity: Entity,
  role: Role,
): void {
  if (name.text === "_") return;
  const hidden = scope.find(name.text);
  const own = scope.own(name.text);
  if (own !== undefined && !(role === "local" && own.role === "local")) {
    context.sink.report(
      "declared-twice",
      name.span,
      { name: name.text, where: "this block" },
      earlier(own),
    );
  } else if (hidden !== undefined && !(role === "local" && hidden.entry.role === "local")) {
    context.sink.report(
      "shadowed-name",
      name.span,
      { name: name.text, what: whatIs(hidden.entry) },
      earlier(hidden.entry),
    );
  }
  const isHiding =
    own === undefined &&
    hidden !== undefined &&
    !(role === "local" && hidden.entry.role === "local");
  // Which of the two a later use means, nobody can say.
  scope.declare(name.text, { entity: isHiding ? errorEntity : entity, span: name.span, role });
}

/** Declares a name of a module; settings and members may hide what the file imports, but not each other. */
export function declareMember(
  context: Reporting,
  scope: Scope,
  name: Named,
  entity: Entity,
  role: Role,
  where: string,
): boolean {
  const own = scope.own(name.text);
  if (own !== undefined) {
    context.sink.report("declared-twice", name.span, { name: name.text, where }, earlier(own));
    return false;
  }
  scope.declare(name.text, { entity, span: name.span, role });
  return true;
}

function earlier(entry: Entry<Entity>) {
  return entry.span === undefined
    ? {}
    : { related: [{ span: entry.span, text: "the earlier declaration" }] };
}

function whatIs(entry: Entry<Entity>): string {
  switch (entry.role) {
    case "axis":
      return "an axis";
    case "setting":
      return "a setting of this module";
    case "member":
      return "a member of this module";
    case "fn":
      return "a fn of this module";
    case "type":
      return "a type of this module";
    case "counter":
      return "the variable of a `for` or `repeat`";
    case "item":
      return "something that this file declares or imports";
    case "local":
      return "a local value";
  }
}
