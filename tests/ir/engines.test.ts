import { describe, expect, test } from "vitest";
import { kernelKey } from "../../compiler/5-schedule/kernel-program/kernel-key.ts";
import { floatConstant } from "../../compiler/ir/expr/expr.ts";
import type { Expr } from "../../compiler/ir/expr/expr-form.ts";
import {
  type Engine,
  engineKinds,
  recordOf,
} from "../../compiler/ir/kernel/engines/engine-registry.ts";
import type { LoopAxis } from "../../compiler/ir/kernel/loops.ts";
import { engineSamples } from "../support/kernels/engine-samples.ts";

/**
 * What an engine's data holds is found by looking at it, field by field, so that a record that forgets a
 * loop, an expression or a number of its engine is found out.
 */
describe.each(engineKinds)("the record of %s", (kind) => {
  const engines = engineSamples[kind].map(({ kernel }) => kernel.engine);

  test("is of that kind and has samples", () => {
    expect(engines.map((engine) => recordOf(engine).kind)).toEqual(engines.map(() => kind));
    expect(engines.map((engine) => engine.kind)).toContain(kind);
  });

  test("names every loop, each once", () => {
    for (const engine of engines) {
      const named = recordOf(engine)
        .loops(engine)
        .flatMap(({ axes }) => axes);
      expect(sorted(named)).toEqual(sorted(contentsOf(engine).loops));
    }
  });

  test("names every expression, over loops that it has", () => {
    for (const engine of engines) {
      const operands = recordOf(engine).operands(engine);
      const loops = contentsOf(engine).loops;
      expect(new Set(operands.map(({ expr }) => expr))).toEqual(new Set(contentsOf(engine).exprs));
      expect(
        operands.flatMap(({ over }) => over.flat().filter((axis) => !loops.includes(axis))),
      ).toEqual([]);
    }
  });

  test("rewrites all of both", () => {
    const half = (axis: LoopAxis): LoopAxis => ({ ...axis, extent: axis.extent / 2 });
    for (const engine of engines) {
      const made = recordOf(engine).rewrite(
        engine,
        (expr) => ({ ...negated, args: [expr] }),
        (axes) => axes.map(half),
      );
      const [before, after] = [contentsOf(engine), contentsOf(made)];
      expect(after.loops).toEqual(before.loops.map(half));
      expect(after.exprs).toEqual(before.exprs.map((expr) => ({ ...negated, args: [expr] })));
    }
  });

  test("tells kernels apart by each loop, expression and number", () => {
    for (const { kernel, tensors } of engineSamples[kind]) {
      const keyOf = (engine: Engine): string =>
        kernelKey({ ...kernel, engine }, tensors, () => undefined).text;
      const { engine } = kernel;
      const { loops, exprs, numbers } = contentsOf(engine);
      const others = [
        ...loops.map((own) =>
          recordOf(engine).rewrite(
            engine,
            (expr) => expr,
            (axes) => axes.map((axis) => (axis === own ? { ...axis, extent: 1000 } : axis)),
          ),
        ),
        ...exprs.map((own) =>
          recordOf(engine).rewrite(
            engine,
            (expr) => (expr === own ? floatConstant(1000) : expr),
            (axes) => axes,
          ),
        ),
        ...numbers.map((name): Engine => Object.assign({ ...engine }, { [name]: 1000 })),
      ];
      expect(others.map(keyOf)).not.toContain(keyOf(engine));
    }
  });
});

const negated = { kind: "call", fn: "neg", type: "f32" } as const;

interface Contents {
  readonly loops: readonly LoopAxis[];
  readonly exprs: readonly Expr[];
  /** Names of fields that are numbers. */
  readonly numbers: readonly string[];
}

function contentsOf(engine: Engine): Contents {
  const loops: LoopAxis[] = [];
  const exprs: Expr[] = [];
  const numbers: string[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) for (const element of value) visit(element);
    else if (isObject(value)) {
      if ("extent" in value && "name" in value) loops.push(value as unknown as LoopAxis);
      else if ("kind" in value) exprs.push(value as unknown as Expr);
      else for (const inner of Object.values(value)) visit(inner);
    }
  };
  for (const [name, value] of Object.entries(engine)) {
    if (typeof value === "number") numbers.push(name);
    else visit(value);
  }
  return { loops, exprs, numbers };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function sorted(axes: readonly LoopAxis[]): readonly LoopAxis[] {
  return axes.toSorted((a, b) => a.id - b.id);
}
