import { describe, expect, test } from "vitest";
import type { StoredSpec } from "../../compiler/artifact.ts";
import { loopId } from "../../compiler/ir/axis-ids.ts";
import { uniformBits, uniformFromBits } from "../../compiler/ir/random.ts";
import {
  functionRecord,
  resultTypeOf,
  scalarFunction,
  scalarFunctionNames,
} from "../../compiler/ir/scalar-functions/scalar-functions.ts";
import { sameEverywhere } from "../../runtime/numbers/scalar-functions.ts";
import { uniform } from "../../runtime/numbers/uniform.ts";
import { initialElements } from "../../runtime/stored/initial-elements.ts";
import { compileExpr } from "../../runtime/weights/compile-expr.ts";
import { transposedElements } from "../../runtime/weights/element-source.ts";

type Expr = StoredSpec["init"];
type Initialised = Pick<StoredSpec, "init" | "initAxes">;
type Fn = Extract<Expr, { kind: "call" }>["fn"];
type ScalarType = Expr["type"];

const constant = (value: number, type: ScalarType = "f32"): Expr => ({
  kind: "constant",
  type,
  value,
});
const call = (fn: Fn, args: Expr[], type: ScalarType = "f32"): Expr => ({
  kind: "call",
  fn,
  args,
  type,
});
const axis = (number: number, extent: number): Expr => ({
  kind: "axis",
  axis: loopId(number),
  extent,
  type: "i32",
});
const seed: Expr = { kind: "immediate", name: "seed", type: "u32" };

/** std * sqrt(2) * erf_inv((2 u - 1) * erf(sqrt(2))), as the standard library says it. */
function truncatedNormal(rows: number, columns: number): Initialised {
  const place = call(
    "add",
    [call("mul", [axis(0, rows), constant(columns, "i32")], "i32"), axis(1, columns)],
    "i32",
  );
  const drawn = call("uniform", [
    constant(77, "u32"),
    seed,
    call("to_u32", [place], "u32"),
    constant(0, "u32"),
  ]);
  const edge = call("erf", [call("sqrt", [constant(2)])]);
  const between = call("mul", [
    call("sub", [call("mul", [constant(2), drawn]), constant(1)]),
    edge,
  ]);
  const init = call("mul", [constant(0.02 * Math.SQRT2), call("erf_inv", [between])]);
  const initAxes = [
    { axis: 0, extent: rows },
    { axis: 1, extent: columns },
  ];
  return { init, initAxes };
}

function draw(parameter: Initialised, number: number, start: number, count: number): Float32Array {
  const bytes = new Uint8Array(count * 4);
  initialElements(parameter, number).read(bytes, start);
  return new Float32Array(bytes.buffer);
}

describe("random bits", () => {
  test("are those of the compiler's definition", () => {
    for (let index = 0; index < 3000; index++) {
      const [stream = 0, number = 0, counter = 0, step = 0] = [0, 1, 2, 3].map(
        (salt) => Math.imul(index + 1, 0x9e3779b1 + salt * 0x61c8) >>> 0,
      );
      expect(uniform(stream, number, counter, step)).toBe(
        uniformFromBits(uniformBits(stream, number, counter, step)),
      );
    }
    expect(uniform(0, 0, 0, 0)).toBe(uniformFromBits(uniformBits(0, 0, 0, 0)));
    expect(uniform(0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff)).toBe(
      uniformFromBits(uniformBits(0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff)),
    );
  });
});

describe("initial parameters", () => {
  test("any range holds the same elements", () => {
    const parameter = truncatedNormal(7, 5);
    const whole = draw(parameter, 3, 0, 35);
    for (const [start, count] of [
      [0, 1],
      [3, 9],
      [13, 22],
      [34, 1],
    ] as const) {
      expect(draw(parameter, 3, start, count)).toEqual(whole.slice(start, start + count));
    }
    expect(draw(parameter, 4, 0, 35)).not.toEqual(whole);
  });

  test("are the numbers that the kernel form means", () => {
    const rows = 40;
    const columns = 50;
    const whole = draw(truncatedNormal(rows, columns), 5, 0, rows * columns);
    const erfInverse = scalarFunction("erf_inv", "f32");
    const edge = scalarFunction("erf", "f32")(Math.SQRT2);
    whole.forEach((value, index) => {
      const drawn = scalarFunction("uniform", "u32")(77, 5, index, 0);
      const wanted = 0.02 * Math.SQRT2 * erfInverse((2 * drawn - 1) * edge);
      expect(Math.abs(value - wanted)).toBeLessThanOrEqual(6e-8 * Math.abs(wanted) + 1e-12);
    });
  });

  test("have the promised bits, today and on every machine", () => {
    const bits = new Uint32Array(draw(truncatedNormal(7, 5), 3, 0, 35).buffer);
    let hash = 0x811c9dc5;
    for (const word of bits) hash = Math.imul(hash ^ word, 0x01000193) >>> 0;
    expect([...bits.slice(0, 3), hash]).toEqual([1010345266, 968111863, 3158354483, 3230962685]);
  });

  test("a truncated normal has its deviation and no tails", () => {
    const whole = draw(truncatedNormal(500, 400), 1, 0, 200_000);
    const mean = whole.reduce((sum, value) => sum + value, 0) / whole.length;
    const deviation = Math.sqrt(
      whole.reduce((sum, value) => sum + (value - mean) ** 2, 0) / whole.length,
    );
    expect(Math.abs(mean)).toBeLessThan(1.5e-4);
    expect(deviation).toBeCloseTo(0.02 * 0.8796, 3);
    expect(whole.every((value) => Math.abs(value) <= 0.04 + 1e-8)).toBe(true);
  });

  test("a million elements take well under a second", () => {
    const start = performance.now();
    draw(truncatedNormal(1000, 1000), 1, 0, 1_000_000);
    expect(performance.now() - start).toBeLessThan(2000);
  });
});

describe("compiled expressions", () => {
  const numbers: Readonly<Record<ScalarType, readonly number[]>> = {
    f32: [-7.3, -2, -1, -0.4, 0, 0.5, 1, 2.5, 9],
    i32: [-7, -2, -1, 0, 1, 2, 3, 9],
    u32: [0, 1, 2, 3, 9, 4294967295],
    bool: [0, 1],
  };
  test.each(scalarFunctionNames)(
    "%s is the runtime's own, of constants and of what changes",
    (fn) => {
      const { arity, operands } = functionRecord(fn);
      const types: Readonly<Record<typeof operands, readonly ScalarType[]>> = {
        float: ["f32"],
        integer: ["u32"],
        number: ["f32", "i32", "u32"],
        bool: ["bool"],
        any: ["f32", "i32", "u32", "bool"],
      };
      for (const type of types[operands]) {
        const values = numbers[type];
        const result = resultTypeOf(fn, type);
        const lists = values.flatMap((first, n) =>
          values.map((second) =>
            [first, second, values[(n + 1) % values.length] ?? 0, 1, second].slice(0, arity),
          ),
        );
        for (const list of lists) {
          const args = list.map((value) => constant(value, type));
          const isInteger = result === "i32" || result === "u32";
          const out = isInteger ? new Int32Array(1) : new Float32Array(1);
          compileExpr(call(fn, args, result), [{ axis: 0, extent: 1 }], {})(out, [], 0, 1);
          const wanted = sameEverywhere(fn, type)(...list);
          expect(out[0], `${fn}(${list})`).toBe(isInteger ? wanted | 0 : Math.fround(wanted));
        }
      }
    },
  );

  test("a branch chooses, and equal parts are computed once", () => {
    const position = axis(0, 6);
    const isEven = call(
      "eq",
      [call("mod", [position, constant(2, "i32")], "i32"), constant(0, "i32")],
      "bool",
    );
    const chosen: Expr = {
      kind: "select",
      condition: isEven,
      // biome-ignore lint/suspicious/noThenProperty: the kernel form calls the branch so.
      then: constant(-1),
      otherwise: call("to_f32", [position]),
      type: "f32",
    };
    const out = new Float32Array(6);
    compileExpr(chosen, [{ axis: 0, extent: 6 }], {})(out, [], 0, 6);
    expect([...out]).toEqual([-1, 1, -1, 3, -1, 5]);
  });

  test("what an initialiser cannot hold is our mistake, said at once", () => {
    const load: Expr = { kind: "load", tensor: 0, at: [], type: "f32" };
    expect(() => compileExpr(load, [{ axis: 0, extent: 1 }], {})).toThrow("cannot hold a load");
    expect(() => compileExpr(seed, [{ axis: 0, extent: 1 }], {})).toThrow("needs the number seed");
  });
});

describe("matrices read across", () => {
  test("transposed elements, in any piece", () => {
    const rows = 45;
    const columns = 70;
    const source = initialElements(
      {
        ...truncatedNormal(rows, columns),
        init: call("to_f32", [
          call(
            "add",
            [call("mul", [axis(0, rows), constant(columns, "i32")], "i32"), axis(1, columns)],
            "i32",
          ),
        ]),
      },
      0,
    );
    const across = transposedElements(source, rows, columns);
    for (const [start, count] of [
      [0, rows * columns],
      [17, 100],
      [rows * columns - 1, 1],
    ] as const) {
      const bytes = new Uint8Array(count * 4);
      across.read(bytes, start);
      const wanted = Float32Array.from(
        { length: count },
        (_, index) => ((start + index) % rows) * columns + Math.floor((start + index) / rows),
      );
      expect(new Float32Array(bytes.buffer)).toEqual(wanted);
    }
  });
});
