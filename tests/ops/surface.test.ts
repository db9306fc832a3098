import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  functionRecord,
  type ScalarFn,
  scalarFunctionNames,
} from "../../compiler/ir/scalar-functions/scalar-functions.ts";
import { surfaceOps } from "../../compiler/ops/surface/surface-registry.ts";
import { SurfaceBench } from "../support/graphs/surface-bench.ts";

const path = new URL("../samples/operations/calls.txt", import.meta.url);

describe("primitives as they are written", () => {
  const written = readFileSync(path, "utf8").split("\n");
  // What a call gave stands below it, indented; it is made anew here.
  const lines = written.filter((line) => !line.startsWith("  "));
  const bench = new SurfaceBench();
  const used = new Set<string>();
  const transcript = lines.flatMap((line) => {
    if (line === "" || line.startsWith("#") || bench.declare(line)) return [line];
    used.add(line.replace(/^\?\?/, "").split(/[{(]/)[0] ?? "");
    return [line, ...bench.call(line).lines.map((said) => `  ${said}`)];
  });

  test("say what the transcript says", async () => {
    await expect(transcript.join("\n")).toMatchFileSnapshot(path.pathname);
  });

  test("all stand in the transcript, or are one line like another that does", () => {
    // Functions of one arity and one type rule differ in their record alone.
    const kindOf = (fn: ScalarFn): string => {
      const { arity, operands, result } = functionRecord(fn);
      return `${arity} ${operands} ${result}`;
    };
    const kinds = new Set(scalarFunctionNames.filter((fn) => used.has(fn)).map(kindOf));
    const alike = scalarFunctionNames.filter((fn) => kinds.has(kindOf(fn)));
    const shown = new Set<string>([...used, ...alike]);
    expect([...surfaceOps.keys()].filter((name) => !shown.has(name))).toEqual([]);
  });

  test("have a signature and a doc", () => {
    for (const [name, surface] of surfaceOps) {
      expect(surface.name).toBe(name);
      expect(surface.signature).toContain(name === "neg" ? "-" : name);
      expect(surface.doc, name).toMatch(/\.$/);
    }
  });
});

describe("what they build", () => {
  const bench = new SurfaceBench();
  for (const line of ["axis N = 6", "axis Two = 2", "tensor x: f32[N]", "rest N"]) {
    bench.declare(line);
  }
  const opOf = (line: string): string => {
    const { operand } = bench.call(line);
    return operand.kind === "tensor" ? operand.value.op : operand.kind;
  };

  test("powers are products and roots where the exponent is known", () => {
    const exponents = ["2", "3.0", "0.5", "-0.5", "-1", "2.5", "1"];
    expect(exponents.map((exponent) => opOf(`^(x, ${exponent})`))).toEqual([
      "mul",
      "mul",
      "sqrt",
      "rsqrt",
      "div",
      "pow",
      "input",
    ]);
  });

  test("a condition known at compile time leaves no mask", () => {
    expect(opOf("where(true, x, lowest)")).toBe("input");
    expect(opOf("where(false, x, 0.0)")).toBe("expand");
  });

  test("the size of a new axis follows", () => {
    const { operand } = bench.call("split{N -> Two, Half'}(x)");
    const axis = operand.kind === "tensor" ? operand.value.type.axes.at(-1) : undefined;
    expect(axis && bench.sizes.valueOf(axis.size)).toBe(3);
  });

  test("two random calls draw from two streams", () => {
    const [first, second] = [bench.call("random.uniform{N}()"), bench.call("random.uniform{N}()")];
    expect(first.operand).not.toEqual(second.operand);
  });
});
