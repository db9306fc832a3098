import type { ExprSyntax } from "../../ir/syntax/syntax.ts";
import type { Entity, Env } from "./entity.ts";

/** An initialiser as written: the name of an `init` setting, or what is to be evaluated later. */
export function initOf(env: Env, expr: ExprSyntax): Entity {
  if (expr.kind === "name") {
    const entity = env.scope.find(expr.name)?.entry.entity;
    if (entity?.kind === "init" || entity?.kind === "error") return entity;
  }
  return { kind: "init", init: { kind: "written", expr, env } };
}
