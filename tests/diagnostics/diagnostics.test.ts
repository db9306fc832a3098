import { describe, expect, test } from "vitest";
import { parse } from "../../compiler/1-parse/parse.ts";
import { catalog, families } from "../../compiler/diagnostics/catalog.ts";
import { toJson } from "../../compiler/diagnostics/diagnostic-json.ts";
import { allCodes, errorIndex, explain } from "../../compiler/diagnostics/explain.ts";
import { ansiPalette } from "../../compiler/diagnostics/palette.ts";
import { renderDiagnostic, renderDiagnostics } from "../../compiler/diagnostics/render.ts";
import { DiagnosticSink } from "../../compiler/diagnostics/sink.ts";
import { distanceOf, nearestNames } from "../../compiler/diagnostics/suggest.ts";
import type { SourceFile, Span } from "../../compiler/source/source-file.ts";

const syntaxCodes = new Set([
  "too-deep",
  "syntax",
  "unclosed-bracket",
  "reserved-word",
  "line-break",
]);

const chat: SourceFile = {
  path: "models/chat.weft",
  text: [
    "model Chat {",
    "  use qllama = QLlama<Query = 96>()",
    "",
    "  mode reply(x: [B]) -> [B] {",
    "    fill{N, Query}(x, hole, mlp1(queries))",
    "  }",
    "}",
    "",
  ].join("\n"),
};

/** The `nth` place where `part` stands in the file. */
function spanOf(file: SourceFile, part: string, nth = 0): Span {
  let start = file.text.indexOf(part);
  for (let i = 0; i < nth; i++) start = file.text.indexOf(part, start + 1);
  expect(start, `${part} is in ${file.path}`).toBeGreaterThanOrEqual(0);
  return { file, start, end: start + part.length };
}

function mismatch(sink = new DiagnosticSink()) {
  sink.report(
    "axis-mismatch",
    spanOf(chat, "mlp1"),
    {
      where: "`mlp1`",
      needed: "vision_model.D",
      neededSize: "3200",
      found: "qllama.D",
      foundSize: "4096",
    },
    {
      label: "[B, Query, qllama.D]",
      related: [
        { span: spanOf(chat, "QLlama"), text: "qllama.D is 4096 by this default" },
        { span: spanOf(chat, "queries"), text: "has qllama.D" },
      ],
      notes: ["both come from one model"],
      hint: "`mlp2` maps qllama.D to llm.D",
    },
  );
  const [found] = sink.diagnostics;
  if (found === undefined) throw new Error("nothing was reported");
  return found;
}

describe("render", () => {
  test("both spans stand in one frame, then notes and help", () => {
    expect(renderDiagnostic(mismatch())).toBe(
      [
        "error[axis-mismatch]: `mlp1` needs axis `vision_model.D` (3200), but gets `qllama.D` (4096)",
        "  --> models/chat.weft:5:29",
        "    2 |   use qllama = QLlama<Query = 96>()",
        "      |                ------ qllama.D is 4096 by this default",
        "    5 |     fill{N, Query}(x, hole, mlp1(queries))",
        "      |                             ^^^^ [B, Query, qllama.D]",
        "      |                                  ------- has qllama.D",
        "  note: both come from one model",
        "  help: `mlp2` maps qllama.D to llm.D",
        "",
      ].join("\n"),
    );
  });

  test("a second file has its own frame", () => {
    const other: SourceFile = { path: "std/layers.weft", text: "fn a() -> [] { 1.0 }\n" };
    const sink = new DiagnosticSink();
    sink.report(
      "shadowed-name",
      spanOf(chat, "mlp1"),
      { name: "a", what: "an import" },
      { related: [{ span: spanOf(other, "a"), text: "imported from here" }] },
    );
    expect(renderDiagnostics(sink.diagnostics)).toBe(
      [
        "error[shadowed-name]: `a` is already the name of an import",
        "  --> models/chat.weft:5:29",
        "    5 |     fill{N, Query}(x, hole, mlp1(queries))",
        "      |                             ^^^^",
        "  ::: std/layers.weft:1:4",
        "    1 | fn a() -> [] { 1.0 }",
        "      |    - imported from here",
        "  help: choose another name than `a`",
        "",
        "1 error",
        "",
      ].join("\n"),
    );
  });

  test("tabs, wide characters, marks and ends of files do not move the carets", () => {
    const file: SourceFile = { path: "a.weft", text: '\tlet x = "图e\u0301" + yy // 🙂\r\nlast' };
    const sink = new DiagnosticSink();
    sink.report("unknown-name", spanOf(file, "yy"), { name: "yy", nearest: [] });
    const end = file.text.length;
    sink.report("unused-value", { file, start: end, end }, { what: "this" });
    expect(renderDiagnostics(sink.diagnostics)).toBe(
      [
        "error[unknown-name]: there is no name `yy` here",
        "  --> a.weft:1:18",
        '    1 |     let x = "图e\u0301" + yy // 🙂',
        "      |                     ^^",
        "",
        "warning[unused-value]: nothing uses this value, this",
        "  --> a.weft:2:5",
        "    2 | last",
        "      |     ^",
        "  help: name it with `let ... =`, or take it out",
        "",
        "1 error, 1 warning",
        "",
      ].join("\n"),
    );
  });

  test("a span of several lines is marked to the end of its first", () => {
    const sink = new DiagnosticSink();
    const span = { file: chat, start: chat.text.indexOf("mode reply"), end: chat.text.length };
    sink.report("unused-value", span, { what: "this" });
    expect(renderDiagnostics(sink.diagnostics)).toContain(
      "    4 |   mode reply(x: [B]) -> [B] {\n      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^\n",
    );
  });

  test("colours add codes and change no text", () => {
    const coloured = renderDiagnostic(mismatch(), ansiPalette);
    expect(coloured).toContain("\u001b[1;31merror[axis-mismatch]");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the codes are what is taken away.
    expect(coloured.replaceAll(/\u001b\[[\d;]*m/g, "")).toBe(renderDiagnostic(mismatch()));
  });

  test("more than the limit are counted", () => {
    const sink = new DiagnosticSink();
    for (let start = 0; start < 5; start++) {
      sink.report("unreached-part", { file: chat, start, end: start + 1 }, { path: "a" });
    }
    const text = renderDiagnostics(sink.diagnostics, { limit: 2 });
    expect(text.match(/warning\[/g)).toHaveLength(2);
    expect(text).toMatch(/5 warnings; 3 not shown\n$/);
  });
});

test("json has places with lines and columns from 1", () => {
  expect(toJson(mismatch())).toMatchObject({
    code: "axis-mismatch",
    severity: "error",
    place: { file: "models/chat.weft", line: 5, column: 29, endLine: 5, endColumn: 33 },
    related: [{ text: "qllama.D is 4096 by this default" }, { text: "has qllama.D" }],
    notes: ["both come from one model"],
    hint: "`mlp2` maps qllama.D to llm.D",
  });
});

describe("sink", () => {
  test("one diagnostic per code and place, in order of place", () => {
    const sink = new DiagnosticSink();
    sink.report("unknown-axis", spanOf(chat, "queries"), { name: "b", nearest: [] });
    sink.report("unknown-axis", spanOf(chat, "QLlama"), { name: "a", nearest: [] });
    sink.report("unknown-axis", spanOf(chat, "QLlama"), { name: "a", nearest: [] });
    expect(sink.diagnostics.map((found) => found.message)).toEqual([
      "there is no axis `a` here",
      "there is no axis `b` here",
    ]);
    expect(sink.hasErrors).toBe(true);
  });
});

describe("suggestions", () => {
  test("near names come nearest first, at most three", () => {
    expect(nearestNames("Hedas", ["Heads", "Head", "D", "Hidden"])).toEqual(["Heads"]);
    expect(nearestNames("layers", ["layer", "layerz", "player", "layers2", "norm"])).toEqual([
      "layer",
      "layers2",
      "layerz",
    ]);
    expect(nearestNames("N", ["M", "Tok", "n"])).toEqual(["n"]);
    expect(nearestNames("softmax", ["logsumexp", "gelu"])).toEqual([]);
  });
  test("exchanged neighbours are one step", () => {
    expect(distanceOf("abcd", "acbd")).toBe(1);
    expect(distanceOf("", "abc")).toBe(3);
    expect(distanceOf("kitten", "sitting")).toBe(3);
  });
});

describe("catalog", () => {
  test("each code is in one family", () => {
    const listed = families.flatMap(({ entries }) => Object.keys(entries));
    expect(new Set(listed).size).toBe(listed.length);
    expect(new Set(listed)).toEqual(new Set(Object.keys(catalog)));
  });

  test.each(allCodes())("%s has a title and an explanation with two examples", (code) => {
    expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
    const text = explain(code) ?? "";
    expect(text).toMatch(new RegExp(`^# ${code}\n\n[A-Z\`].*\\.\n\n[A-Z\`]`));
    expect(text).toMatch(
      /\nWrong:\n\n```(weft|sh)\n[^`]+```\n\nRight:\n\n```(weft|sh)\n[^`]+```\n$/,
    );
  });

  test.each(allCodes())("the examples of %s are Weft", (code) => {
    const examples = [...(explain(code) ?? "").matchAll(/```weft\n([^`]+)```/g)];
    for (const [position, [, text = ""]] of examples.entries()) {
      const sink = new DiagnosticSink();
      parse({ path: `${code}.weft`, text }, sink);
      const isWrongSyntax = position === 0 && syntaxCodes.has(code);
      expect([...new Set(sink.diagnostics.map((found) => found.code))]).toEqual(
        isWrongSyntax ? [code] : [],
      );
    }
  });

  test("an unknown code has no explanation", () => {
    expect(explain("toString")).toBeUndefined();
    expect(explain("no-such-code")).toBeUndefined();
  });

  test("docs/errors/README.md is fresh", async () => {
    await expect(errorIndex()).toMatchFileSnapshot("../../docs/errors/README.md");
  });
});
