import type { Expr } from "../expr/expr-form.ts";
import type { Engine } from "./engines/engine-registry.ts";
import { recordOf } from "./engines/engine-registry.ts";

/** Every expression of an engine through `rewrite`; its loops stay. */
export function rewriteEngine(engine: Engine, rewrite: (expr: Expr) => Expr): Engine {
  return recordOf(engine).rewrite(engine, rewrite, (axes) => axes);
}
