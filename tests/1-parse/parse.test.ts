import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { WeftParser } from "../../compiler/1-parse/grammar/weft-parser.ts";
import { parse } from "../../compiler/1-parse/parse.ts";
import { DiagnosticSink } from "../../compiler/diagnostics/sink.ts";
import type { FileSyntax } from "../../compiler/ir/syntax/file-syntax.ts";
import type { ExprSyntax, StatementSyntax } from "../../compiler/ir/syntax/syntax.ts";
import type { SourceFile, Span } from "../../compiler/source/source-file.ts";
import {
  messagesOf,
  placesOf,
  showAxis,
  showExpr,
  showPath,
} from "../support/texts/syntax-outline.ts";
import { designSamples, weftTexts } from "../support/texts/weft-texts.ts";

function parseClean(text: string): FileSyntax {
  const sink = new DiagnosticSink();
  const tree = parse({ path: "test.weft", text }, sink);
  expect(sink.diagnostics.map(({ message }) => message)).toEqual([]);
  return tree;
}
function statementsOf(body: string): readonly StatementSyntax[] {
  const [item] = parseClean(`fn f() -> [] {\n${body}\n}`).items;
  if (item?.kind !== "fn") throw new Error("no fn");
  return item.body.statements;
}
function exprOf(text: string): ExprSyntax {
  const [statement] = statementsOf(text);
  if (statement?.kind !== "expr") throw new Error(`no expression: ${text}`);
  return statement.value;
}

test("the grammar itself is sound", () => {
  expect(() => new WeftParser({ validates: true })).not.toThrow();
});

describe("files", () => {
  const own = weftTexts("stdlib", "models");
  test("there are some", () => expect(own.length).toBeGreaterThan(5));
  test.each(own)("$path has no error", ({ text }) => {
    expect(messagesOf(text)).toEqual([]);
  });
  test("every sample of the design has no error", (context) => {
    const samples = designSamples();
    if (samples === undefined) {
      console.log("skipped: ../shared/design/samples is not here");
      context.skip();
      return;
    }
    expect(samples.length).toBeGreaterThanOrEqual(5);
    expect(
      samples.flatMap(({ path, text }) => messagesOf(text).map((found) => `${path}: ${found}`)),
    ).toEqual([]);
  });
  test.each(own)("every name in $path stands where its span says", (file) => {
    const wrong: string[] = [];
    const sink = new DiagnosticSink();
    visitNamed(parse(file, sink), file, (text, span) => {
      const written = file.text.slice(span.start, span.end).replace(/^"|"$/g, "");
      if (written !== text) wrong.push(`${text} at ${span.start} is ${written}`);
    });
    expect(wrong).toEqual([]);
  });
});

/** Everything with a text and a span, and every span inside of the file. */
function visitNamed(
  value: unknown,
  file: SourceFile,
  visit: (text: string, span: Span) => void,
): void {
  if (Array.isArray(value)) for (const inner of value) visitNamed(inner, file, visit);
  if (typeof value !== "object" || value === null || Array.isArray(value) || value === file) return;
  const { text, span, kind } = value as { text?: unknown; span?: Span; kind?: string };
  if (span !== undefined) {
    expect(span.start).toBeGreaterThanOrEqual(0);
    expect(span.end).toBeGreaterThan(span.start);
    expect(span.end).toBeLessThanOrEqual(file.text.length);
    if (typeof text === "string" && kind !== "float") visit(text, span);
  }
  for (const inner of Object.values(value)) visitNamed(inner, file, visit);
}

describe("precedence", () => {
  test.each([
    ["a + b * c", "(a + (b * c))"],
    ["a * b + c", "((a * b) + c)"],
    ["a - b - c", "((a - b) - c)"],
    ["a / b div c % d", "(((a / b) div c) % d)"],
    ["a ^ b ^ c", "(a ^ (b ^ c))"],
    ["-a ^ b", "(- (a ^ b))"],
    ["-a * b", "((- a) * b)"],
    ["a ^ -b", "(a ^ (- b))"],
    ["a ^ -b ^ c * d", "((a ^ (- (b ^ c))) * d)"],
    ["a * -b + c", "((a * (- b)) + c)"],
    ["not a == b", "(not (a == b))"],
    ["not not a and b", "((not (not a)) and b)"],
    ["a or b and not c or d", "((a or (b and (not c))) or d)"],
    ["a + 1 < b * 2 and Query in N", "(((a + 1) < (b * 2)) and (Query in N))"],
    ["x |> f |> g{K}(y) + 1", "((x |> f) |> (g{K}(y) + 1))"],
    ["f(a)(b).c[i].d{K}(e: 1)", "f(a)(b).c[i].d{K}(e: 1)"],
    ["(a + b) * (c, d)", "((a + b) * (c, d))"],
    ['[1, 2.5, "s", true, none]', '[1, 2.5, "s", true, none]'],
    ["1_000 + 1e-6", "(1000 + 1e-6)"],
    ["layers[0..k] + layers[*]", "(layers[0..k] + layers[*])"],
    ["random.normal{..}()", "random.normal{..}()"],
  ])("%s", (text, shown) => expect(showExpr(exprOf(text))).toBe(shown));

  test("of sizes", () => {
    const [first] = parseClean(
      "module M<A = B + C * 2 ^ 3 ++ (D, E) ++ min(F, (G + 1) * 2)>() {}",
    ).items;
    if (first?.kind !== "module" || first.formals[0]?.default === undefined)
      throw new Error("no default");
    expect(showAxis(first.formals[0].default)).toBe(
      "(B + (C * (2 ^ 3))) ++ (D, E) ++ min(F, ((G + 1) * 2))",
    );
  });
});

describe("lines", () => {
  test("an operator at the start of a line continues, a minus does not", () => {
    const kinds = statementsOf("let y = a\n  + b\nlet z = c\n-z").map(
      (statement) => statement.kind,
    );
    expect(kinds).toEqual(["let", "let", "expr"]);
  });
  test("a bracket at the start of a line begins something new", () => {
    const [first, second] = statementsOf("let y = f(x)\n(y, y)");
    expect(first?.kind === "let" && showExpr(first.value)).toBe("f(x)");
    expect(second?.kind === "expr" && showExpr(second.value)).toBe("(y, y)");
  });
  test("in a size too", () => {
    const [first, second] = statementsOf("axis T = B\n(x, x)");
    expect(first?.kind === "axis" && showAxis(first.axis)).toBe("B");
    expect(second?.kind).toBe("expr");
  });
  test("a brace opens a block where a condition or range ends", () => {
    const [first, second] = statementsOf(
      "for i in 0..n { y = f(y) }\nif f(sum{K}(x)) { x } else if b { y } else { z }",
    );
    expect(first?.kind === "for" && first.body.statements.length).toBe(1);
    if (second?.kind !== "expr" || second.value.kind !== "if") throw new Error("no if");
    expect(showExpr(second.value.condition)).toBe("f(sum{K}(x))");
    expect(second.value.otherwise?.statements).toHaveLength(1);
  });
});

describe("words", () => {
  test("of declarations are names elsewhere", () => {
    const tree = parseClean(
      "module model<state>(param: int, use: fn) {\n  use model.layers[i], state = Linear<mode, 2>()\n" +
        "  param state: [type] = start\n  fn fn(step: [where]) -> (loss: [at], map: [by]) {\n" +
        "    let from = where(step, use, of)\n    model.mode(from: stage, in_: with)\n  }\n}",
    );
    const [item] = tree.items;
    if (item?.kind !== "module") throw new Error("no module");
    const [use, param, fn] = item.members;
    expect(use?.kind === "use" && use.paths.map(showPath)).toEqual(["model.layers[i]", "state"]);
    expect(param?.kind === "storage" && param.storage).toBe("param");
    expect(fn?.kind === "fn" && fn.signature.result.kind).toBe("many");
  });
  test("`///` belongs to the declaration right below", () => {
    const [a, b] = parseClean(
      "/// Of the file.\n\n/// Of A,\n/// in two lines.\nmodule A() {}\n// no doc\nmodule B() {}",
    ).items;
    expect(a?.doc).toBe("Of A,\nin two lines.");
    expect(b?.doc).toBeUndefined();
  });
});

describe("mistakes", () => {
  const folder = join(import.meta.dirname, "..", "samples", "syntax");
  test.each(readdirSync(folder))("%s has those that its comments name, and no others", (name) => {
    const text = readFileSync(join(folder, name), "utf8");
    const expected = text.split("\n").flatMap((line, index) => {
      const code = /\/\/ -> ([a-z-]+)$/.exec(line)?.[1];
      return code === undefined ? [] : [`${index + 1} ${code}`];
    });
    expect(placesOf(text).map((place) => place.replace(/:\d+/, ""))).toEqual(expected);
  });

  test.each([
    ["module M {\n  param w [D] = 0.0\n}", ["2:15 syntax"], /expected `:`.*stands after a colon/],
    ["fn f(x: [D]) -> [D] {\n  g(x, h(x)\n}", ["2:11 unclosed-bracket"], /expected `\)` here/],
    [
      "module M {\n  fn f() -> [] {\n    x\n\n  fn g() -> [] {\n    x\n  }\n}",
      ["3:5 unclosed-bracket"],
      /`\{` is never/,
    ],
    [
      "module M {\n  fn f() -> []\n    x\n  }\n  use a = B\n}",
      ["2:14 syntax"],
      /expected `\{`, found the end of the line/,
    ],
    ["fn f() -> [] {\n  x)\n}\n}", ["2:4 syntax", "4:1 syntax"], /an opening bracket before `\)`/],
    ["fn f(in: [D]) -> [D] {\n  x\n}", ["1:6 reserved-word"], /`in` is a word of the language/],
    ["fn f() -> [] {\n  let for = 3\n  x\n}", ["2:7 reserved-word"], /`for` is a word/],
    ["fn f() -> [] {\n  f(in: 3)\n}", ["2:5 reserved-word"], /`in` is a word/],
    [
      "fn f() -> [] {\n  let x = a;\n  x\n}",
      ["2:12 syntax"],
      /found `;` \| there are no semicolons/,
    ],
    ["fn f() -> [] {\n  a && b\n}", ["2:5 syntax"], /write `and`/],
    ["import { A } from 'std/x'", ["1:19 syntax"], /strings stand in/],
    ['import { A } from "std/x\nmodule M {}', ["1:19 syntax"], /the end of the string/],
    ["fn f() -> [] {\n  a < b < c\n}", ["2:9 syntax"], /comparisons are not chained/],
    ["fn f() -> [] {\n  g(a, b,)\n}", ["2:10 syntax"], /a list does not end in a comma/],
    ["fn f() -> [] {\n  let x: int = 3\n  x\n}", ["2:8 syntax"], /type of a local is inferred/],
    ["fn f() -> [] {\n  if a = b { c }\n}", ["2:8 syntax"], /`==` compares/],
    [
      "fn f() -> [] {\n  state s: [D] = 0.0\n  x\n}",
      ["2:3 syntax"],
      /`state` stands outside of a block/,
    ],
    ["fn f() -> [] {\n  use a = B()\n  x\n}", ["2:7 syntax"], /`use` stands outside of a block/],
    ["stage s of M() {\n  steps\n  batch 3\n}", ["2:7 syntax"], /more after `steps`/],
    [
      'module M() {}\nimport { B } from "b"',
      ["2:1 syntax"],
      /imports stand before everything else/,
    ],
    ["modul M() {}", ["1:1 syntax"], /did you mean `model` or `module`\?|did you mean `module`/],
    ["fn f() -> [] {\n  else { x }\n}", ["2:3 syntax"], /found `else` on a new line/],
    ["fn f() -> [] {\n  x\n", ["2:3 unclosed-bracket"], /expected `\}` here/],
    ["module M<D, E() {}", ["1:13 unclosed-bracket"], /expected `>` here/],
  ] as const)("%j", (text, places, message) => {
    expect(placesOf(text)).toEqual(places);
    expect(messagesOf(text).join("\n")).toMatch(message);
  });

  test("what stands around a mistake is in the tree, and the mistake is a hole", () => {
    const text =
      "module M {\n  fn f() -> [] {\n    let a = (1 + )\n    let b = 2\n    b\n  }\n  use c = D()\n}\n";
    const [item] = parse({ path: "test.weft", text }, new DiagnosticSink()).items;
    if (item?.kind !== "module") throw new Error("no module");
    const [fn, use] = item.members;
    expect(use?.kind).toBe("use");
    if (fn?.kind !== "fn") throw new Error("no fn");
    expect(fn.body.statements.map(({ kind }) => kind)).toEqual(["let", "let", "expr"]);
    const [first] = fn.body.statements;
    expect(first?.kind === "let" && [first.names[0]?.text, first.value.kind]).toEqual([
      "a",
      "error",
    ]);
  });
});
