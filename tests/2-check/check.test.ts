import { rmSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "../../compiler/1-parse/parse.ts";
import { checkFiles } from "../../compiler/2-check/check-files.ts";
import { knownMeasures } from "../../compiler/api/evaluation/known-measures.ts";
import { diskLoader } from "../../compiler/api/load/disk-loader.ts";
import { DiagnosticSink } from "../../compiler/diagnostics/sink.ts";
import { checkText, codesOf } from "../support/texts/check-text.ts";
import { designInPlace, weftTexts } from "../support/texts/weft-texts.ts";

const root = join(import.meta.dirname, "..", "..");

describe("what is written here checks", () => {
  const paths = weftTexts("stdlib", "models", "examples").map((file) => file.path);
  const found = new Map<string, readonly string[]>();
  // All together, so that what many of them import is checked once.
  beforeAll(() => {
    const sink = new DiagnosticSink();
    const program = checkFiles({
      ...{ entries: paths, loader: diskLoader(root), parse, sink },
      measures: knownMeasures,
    });
    for (const { source } of program.files) found.set(source.path, []);
    for (const { code, message, primary } of sink.diagnostics) {
      const { path } = primary.span.file;
      found.set(path, [...(found.get(path) ?? []), `${code}: ${message}`]);
    }
    // What is found beside the files that have a test of their own would be nobody's.
    expect([...found.keys()].toSorted()).toEqual(paths.toSorted());
  });

  test.each(paths)("%s", (path) => {
    expect(found.get(path)).toEqual([]);
  });

  test("the design's samples", (context) => {
    const design = designInPlace();
    if (design === undefined) {
      console.log("skipped: ../shared/design/samples is not here");
      return context.skip();
    }
    const { home, entries } = design;
    const sink = new DiagnosticSink();
    checkFiles({ entries, loader: diskLoader(home), parse, sink });
    rmSync(home, { recursive: true });
    expect(
      sink.diagnostics.map((one) => `${one.primary.span.file.path} ${one.code}: ${one.message}`),
    ).toEqual([]);
  });
});

describe("blocks", () => {
  test.each([
    [
      "a let may shadow a let and a parameter",
      "fn f(x: [N]) -> [N] {\n let x = x + 1.0\n let x = x * 2.0\n x\n}",
      [],
    ],
    ["a let may hide a primitive", "fn f(x: [N]) -> [] {\n let mean = sum{N}(x)\n mean\n}", []],
    [
      "nothing else may be hidden",
      'import { gelu } from "std/functions"\nfn f(x: [N]) -> [N] {\n let gelu = gelu(x)\n gelu\n}',
      ["shadowed-name 3:6"],
    ],
    [
      "a value that is not the last is used",
      "fn f(x: [N]) -> [N] {\n sum{N}(x)\n x\n}",
      ["unused-value 2:2"],
    ],
    ["as many names as values", "fn f(x: [N]) -> [N] {\n let a, b = x\n a\n}", ["tuple-size 2:13"]],
    [
      "a name once in a let",
      "fn f(x: [N]) -> [N] {\n let a, a = (x, x)\n a\n}",
      ["declared-twice 2:9"],
    ],
    ["a parameter once", "fn f(x: [N], x: [N]) -> [N] {\n x\n}", ["declared-twice 1:14"]],
    [
      "`=` only in a `for`",
      "fn f(x: [N]) -> [N] {\n x = x + 1.0\n x\n}",
      ["assign-outside-for 2:2"],
    ],
    [
      "`=` keeps the type",
      "fn f(x: [N, M]) -> [N, M] {\n for i in 0..3 { x = sum{M}(x) }\n x\n}",
      ["assign-type 2:22"],
    ],
    [
      "`=` may change the order of axes",
      "fn f(x: [N, M], y: [M, N, K]) -> [N, M] {\n for i in 0..3 { x = sum{K}(y) + x }\n x\n}",
      [],
    ],
    [
      "a condition is static",
      "fn f(x: [N]) -> [N] {\n if x > 0.0 { x } else { x }\n}",
      ["not-static 2:5"],
    ],
    [
      "branches agree",
      "fn f(x: [N, M], c: bool) -> [N] {\n if c { x } else { sum{M}(x) }\n}",
      ["result-mismatch 2:20"],
    ],
    [
      "what is an error is silent afterwards",
      "fn f(x: [N]) -> [N] {\n let y = nothing(x)\n let z = y + unknown\n z\n}",
      ["unknown-name 2:10", "unknown-name 3:14"],
    ],
  ])("%s", (_, text, found) => {
    expect(checkText(text).found).toEqual(found);
  });
});

describe("states", () => {
  const counter = (body: string) => `module Counter {
  buffer seen: f32[] = 0.0
  state last: f32[..] = 0.0
  param scale: f32[] = 1.0
  fn forward(x: f32[..]) -> f32[..] {
    ${body}
  }
}`;

  test.each([
    ["last := x\n    last * scale", []],
    ["seen := seen + 1.0\n    x", []],
    ["scale := 2.0\n    x", ["store-target 6:5"]],
    ["last := x\n    last := x\n    x", ["store-twice 7:5"]],
    ["if training { last := x } else { last := x }\n    x", []],
    ["if training { last := x }\n    last := x\n    x", ["store-twice 7:5"]],
    ["for i in 0..3 { last := x }\n    x", ["store-twice 6:21"]],
    ["last := i32(x)\n    x", ["implicit-conversion 6:13"]],
  ])("%s", (body, found) => {
    expect(
      checkText(counter(body)).found.filter((one) => !one.startsWith("unreached-part")),
    ).toEqual(found);
  });
});

describe("slots", () => {
  const prelude = `interface Ffn<D>(depth: int) {
  axis Inner
  fn forward(x: [.., D]) -> [.., D]
}
module Good<D>(depth: int = 1) {
  axis Inner = 2 * D
  fn forward(x: [.., D]) -> [.., D] { x }
  fn extra(x: [.., D]) -> [.., D] { x }
}
`;
  const user = (part: string, body = "mlp(x)") => `${prelude}module User<D> {
  slot mlp: Ffn<D> = ${part}
  fn forward(x: [.., D]) -> [.., D] { ${body} }
}`;
  const bad = (name: string, head: string, body: string) =>
    `module ${name}<D>${head} {\n${body}\n}\n`;

  test("a part that has all that is promised fits", () => {
    expect(codesOf(user("Good<D>()"))).toEqual([]);
  });

  test("its axes and settings may be used", () => {
    expect(
      codesOf(
        user("Good<D>()", "if mlp.depth > 2 { expand{..}(0.0) } else { mlp(x) }").replace(
          "expand{..}(0.0)",
          "x",
        ),
      ),
    ).toEqual([]);
  });

  test("what is not promised may not", () => {
    expect(codesOf(user("Good<D>()", "mlp.extra(x)"))).toEqual(["outside-interface"]);
  });

  test.each([
    [
      "a setting is missing",
      "()",
      "axis Inner = D\nfn forward(x: [.., D]) -> [.., D] { x }",
      "it has no setting `depth`",
    ],
    [
      "a setting has another type",
      "(depth: float = 1.0)",
      "axis Inner = D\nfn forward(x: [.., D]) -> [.., D] { x }",
      "its `depth` is float, not int",
    ],
    [
      "an axis is missing",
      "(depth: int = 1)",
      "fn forward(x: [.., D]) -> [.., D] { x }",
      "it has no axis `Inner`",
    ],
    [
      "a fn is missing",
      "(depth: int = 1)",
      "axis Inner = D\nfn other(x: [.., D]) -> [.., D] { x }",
      "it has no fn `forward`",
    ],
    [
      "a fn gives another type",
      "(depth: int = 1)",
      "axis Inner = D\nfn forward(x: [.., D]) -> [..] { sum{D}(x) }",
      "its `forward` gives [..], not [.., D]",
    ],
  ])("%s", (_, head, body, reason) => {
    const { sink } = checkText(bad("Bad", head, body) + user("Bad<D>()"));
    expect(sink.diagnostics.map((one) => one.code)).toEqual(["interface-mismatch"]);
    expect(sink.diagnostics[0]?.message).toContain(reason);
  });

  test("`with` fills a slot of a part, with axes of the writer", () => {
    const text = `${user("Good<D>()")}
module Other<D>(depth: int = 3) {
  axis Inner = D
  fn forward(x: [.., D]) -> [.., D] { x }
}
module Outer<E> {
  use user = User<E>() with mlp = Other<E>()
  fn forward(x: [E]) -> [E] { user(x) }
}`;
    expect(codesOf(text)).toEqual([]);
  });
});

describe("files", () => {
  test("a name that is imported from a file that lacks it is told once", () => {
    const text = 'import { a, b } from "./half"\nfn f(x: [N]) -> [N] { b(a(x)) }';
    expect(checkText(text, { half: "fn a(x: [..]) -> [..] { x }" }).found).toEqual([
      "unknown-import 1:13",
    ]);
  });

  test("an item with a syntax error is silent in its users", () => {
    const text = 'import { a } from "./half"\nfn f(x: [N]) -> [N] { a(x) }';
    expect(
      codesOf(text, { half: "fn a(x: [..] -> [..] { x }" }).every((code) =>
        ["syntax", "unclosed-bracket"].includes(code),
      ),
    ).toBe(true);
  });

  test("a circle of imports, of modules, of fns", () => {
    expect(
      codesOf('import { b } from "./half"\nfn a(x: [..]) -> [..] { b(x) }', {
        half: 'import { a } from "./entry"\nfn b(x: [..]) -> [..] { a(x) }',
      }),
    ).toEqual(["import-cycle"]);
    expect(codesOf("module A {\n use b = A()\n fn f(x: [N]) -> [N] { b.f(x) }\n}")).toEqual([
      "recursion",
    ]);
    expect(codesOf("fn a(x: [..]) -> [..] { b(x) }\nfn b(x: [..]) -> [..] { a(x) }")).toEqual([
      "recursion",
    ]);
  });
});
