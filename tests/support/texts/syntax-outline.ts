import { parse } from "../../../compiler/1-parse/parse.ts";
import { DiagnosticSink } from "../../../compiler/diagnostics/sink.ts";
import type { FileSyntax } from "../../../compiler/ir/syntax/file-syntax.ts";
import type { AxisSyntax, ExprSyntax, PathSyntax } from "../../../compiler/ir/syntax/syntax.ts";
import { placeOf } from "../../../compiler/source/source-file.ts";

/** "line:column code" of everything that is reported, in order. */
export function placesOf(text: string): readonly string[] {
  const sink = new DiagnosticSink();
  const file = { path: "test.weft", text };
  parse(file, sink);
  return sink.diagnostics.map(({ code, primary }) => {
    const { line, column } = placeOf(file, primary.span.start);
    return `${line}:${column} ${code}`;
  });
}

export function messagesOf(text: string): readonly string[] {
  const sink = new DiagnosticSink();
  parse({ path: "test.weft", text }, sink);
  return sink.diagnostics.map(({ message, hint }) =>
    hint === undefined ? message : `${message} | ${hint}`,
  );
}

/** A tree without places; imports in one order, since the formatter sorts them. */
export function outlineOf(text: string): unknown {
  const sink = new DiagnosticSink();
  const tree = withoutSpans(parse({ path: "test.weft", text }, sink)) as FileSyntax;
  const found = sink.diagnostics.map(({ code, message }) => `${code}: ${message}`);
  const imports = tree.imports.map((one) => JSON.stringify(one)).sort();
  return { found, imports, items: tree.items };
}

function withoutSpans(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSpans);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => key !== "span" && key !== "opSpan");
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutSpans(inner)]));
}

/** An expression with all its brackets: `(a + (b * c))`. */
export function showExpr(expr: ExprSyntax): string {
  switch (expr.kind) {
    case "int":
      return `${expr.value}`;
    case "float":
      return expr.text;
    case "string":
      return `"${expr.value}"`;
    case "bool":
      return `${expr.value}`;
    case "none":
      return "none";
    case "name":
      return expr.name;
    case "tuple":
      return `(${expr.items.map(showExpr).join(", ")})`;
    case "list":
      return `[${expr.items.map(showExpr).join(", ")}]`;
    case "if":
      return `if ${showExpr(expr.condition)}`;
    case "unary":
      return `(${expr.op} ${showExpr(expr.operand)})`;
    case "binary":
      return `(${showExpr(expr.left)} ${expr.op} ${showExpr(expr.right)})`;
    case "member":
      return `${showExpr(expr.object)}.${expr.name.text}`;
    case "index": {
      const from = expr.index === undefined ? "*" : showExpr(expr.index);
      return `${showExpr(expr.object)}[${from}${expr.to === undefined ? "" : `..${showExpr(expr.to)}`}]`;
    }
    case "call": {
      const items = expr.braces?.items.map((item) =>
        item.kind === "rest" ? ".." : showAxis(item.axis),
      );
      const args = expr.args?.map(
        ({ name, value }) => `${name === undefined ? "" : `${name.text}: `}${showExpr(value)}`,
      );
      return `${showExpr(expr.callee)}${items ? `{${items.join(", ")}}` : ""}${args ? `(${args.join(", ")})` : ""}`;
    }
    case "error":
      return "?";
  }
}

export function showAxis(axis: AxisSyntax): string {
  switch (axis.kind) {
    case "number":
      return `${axis.value}`;
    case "path":
      return showPath(axis.path);
    case "call":
      return `${showPath(axis.path)}(${axis.args.map(showAxis).join(", ")})`;
    case "product":
      return `(${axis.parts.map(showAxis).join(", ")})`;
    case "join":
      return axis.parts.map(showAxis).join(" ++ ");
    case "binary":
      return `(${showAxis(axis.left)} ${axis.op} ${showAxis(axis.right)})`;
  }
}

export function showPath(path: PathSyntax): string {
  return [path.head.text, ...path.steps.map(showStep)].join("");
}

function showStep(step: PathSyntax["steps"][number]): string {
  switch (step.kind) {
    case "name":
      return `.${step.name.text}`;
    case "anyName":
      return ".*";
    case "anyIndex":
      return "[*]";
    case "index":
      return `[${showExpr(step.index)}]`;
    case "range":
      return `[${showExpr(step.from)}..${showExpr(step.to)}]`;
  }
}
