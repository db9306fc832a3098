import type { Engine, Expr, Reduction } from "./kernel.ts";

/** Every expression of an engine through `rewrite`; its loops stay. */
export function rewriteEngine(engine: Engine, rewrite: (expr: Expr) => Expr): Engine {
  const rewriteAll = (reductions: readonly Reduction[]): readonly Reduction[] =>
    reductions.map((reduction) => ({ ...reduction, value: rewrite(reduction.value) }));
  switch (engine.kind) {
    case "map":
    case "scatter":
      return engine;
    case "row":
      return { ...engine, reductions: rewriteAll(engine.reductions) };
    case "contract":
      return {
        ...engine,
        left: rewrite(engine.left),
        right: rewrite(engine.right),
        ...(engine.others && { others: engine.others.map(rewrite) }),
        ...(engine.statistics && { statistics: rewriteAll(engine.statistics) }),
      };
    case "attend":
      return {
        ...engine,
        query: rewrite(engine.query),
        key: rewrite(engine.key),
        value: rewrite(engine.value),
        mask: engine.mask && rewrite(engine.mask),
      };
  }
}
