import type { ExprSyntax } from "../../ir/syntax/syntax.ts";
import type { Env, Meaning } from "./meaning.ts";

/** An initialiser as written: the name of an `init` setting, or what is to be evaluated later. */
export function initOf(env: Env, expr: ExprSyntax): Meaning {
  if (expr.kind === "name") {
    const meaning = env.scope.find(expr.name)?.entry.meaning;
    if (meaning?.kind === "init" || meaning?.kind === "error") return meaning;
  }
  return { kind: "init", init: { kind: "written", expr, env } };
}
