import type { ReportOptions } from "../../diagnostics/sink.ts";
import { nearestNames } from "../../diagnostics/suggest.ts";
import type { Named } from "../../ir/syntax/syntax.ts";
import type { Span } from "../../source/source-file.ts";
import type { Elaboration } from "../core/elaboration.ts";
import { type Env, errorMeaning, type Meaning } from "../core/meaning.ts";
import type { Entry, Role } from "../core/name-table.ts";
import type { Scope } from "../core/scope.ts";
import { settledMeaning } from "./members.ts";

/** What a name means: block, fn, module, file, then primitives and the few static names. */
export function lookUp(on: Elaboration, env: Env, name: string, span: Span): Meaning {
  const found = findName(on, env, name);
  if (found !== undefined) return found;
  const names = [
    ...env.scope.names(),
    ...on.primitives.keys(),
    "pi",
    "training",
    "lowest",
    "infinity",
    "nan",
  ];
  const nearest = nearestNames(name, names);
  on.sink.report(
    "unknown-name",
    span,
    { kind: "name", name, nearest },
    importHint(on, name, nearest),
  );
  return errorMeaning;
}

/** What the standard library has under this name was probably meant; under one like it, perhaps. */
export function importHint(
  on: Elaboration,
  name: string,
  nearest: readonly string[],
): ReportOptions {
  const found = on.findImport?.(name);
  if (found === undefined) return {};
  if (found.name === name) return { hint: `\`${found.line}\` at the top of the file` };
  return nearest.length > 0
    ? {}
    : { hint: `did you mean \`${found.name}\`? It is there with \`${found.line}\`` };
}

export function findName(on: Elaboration, env: Env, name: string): Meaning | undefined {
  const found = env.scope.find(name);
  if (found !== undefined) return settledMeaning(found.entry.meaning);
  const op = on.primitives.get(name);
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
    case "training":
      return {
        kind: "static",
        value: { type: "bool", value: on.known.sizes === "symbolic" ? undefined : false },
      };
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
  on: Elaboration,
  scope: Scope,
  name: Named,
  meaning: Meaning,
  role: Role,
): void {
  if (name.text === "_") return;
  const hidden = scope.find(name.text);
  const own = scope.own(name.text);
  if (own !== undefined && !(role === "local" && own.role === "local")) {
    on.sink.report(
      "declared-twice",
      name.span,
      { name: name.text, where: "this block" },
      earlier(own),
    );
  } else if (hidden !== undefined && !(role === "local" && hidden.entry.role === "local")) {
    on.sink.report(
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
  scope.declare(name.text, { meaning: isHiding ? errorMeaning : meaning, span: name.span, role });
}

/** Declares a name of a module; settings and members may hide what the file imports, but not each other. */
export function declareMember(
  on: Elaboration,
  scope: Scope,
  name: Named,
  meaning: Meaning,
  role: Role,
  where: string,
): boolean {
  const own = scope.own(name.text);
  if (own !== undefined) {
    on.sink.report("declared-twice", name.span, { name: name.text, where }, earlier(own));
    return false;
  }
  scope.declare(name.text, { meaning, span: name.span, role });
  return true;
}

function earlier(entry: Entry<Meaning>) {
  return entry.span === undefined
    ? {}
    : { related: [{ span: entry.span, text: "the earlier declaration" }] };
}

function whatIs(entry: Entry<Meaning>): string {
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
