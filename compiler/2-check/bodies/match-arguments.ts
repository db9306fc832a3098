import { nearestNames } from "../../diagnostics/suggest.ts";
import type { ParamSyntax } from "../../ir/syntax/syntax.ts";
import type { Span } from "../../source/source-file.ts";
import type { Reporting } from "../core/contexts.ts";
import { textOf } from "../core/describe.ts";

interface Given {
  readonly name: { readonly text: string; readonly span: Span } | undefined;
  readonly span: Span;
}

interface Callee {
  /** With backquotes. */
  readonly name: string;
  readonly params: readonly ParamSyntax[];
  readonly signature: () => string;
  /** Where it is declared, for the second span. */
  readonly span: Span;
}

/** Which argument each parameter gets; undefined where that cannot be said, which is reported. */
export function matchArguments<A extends Given>(
  context: Reporting,
  callee: Callee,
  args: readonly A[],
  span: Span,
): ReadonlyMap<ParamSyntax, A> | undefined {
  const { name, params, signature } = callee;
  const related = [{ span: callee.span, text: "declared here" }];
  const matched = new Map<ParamSyntax, A>();
  let position = 0;
  for (const arg of args) {
    const param =
      arg.name === undefined
        ? params[position++]
        : params.find((one) => one.name.text === arg.name?.text);
    if (param !== undefined && !matched.has(param)) {
      matched.set(param, arg);
    } else if (arg.name === undefined || param !== undefined) {
      context.sink.report(
        "wrong-arity",
        span,
        { callee: name, needed: arityOf(params), found: args.length, signature: signature() },
        { related },
      );
      return undefined;
    } else {
      const nearest = nearestNames(
        arg.name.text,
        params.map((one) => one.name.text),
      );
      context.sink.report(
        "unknown-argument",
        arg.name.span,
        { callee: name, name: arg.name.text, nearest, signature: signature() },
        { related },
      );
      return undefined;
    }
  }
  for (const param of params) {
    if (matched.has(param) || param.default !== undefined) continue;
    context.sink.report(
      "missing-argument",
      span,
      { callee: name, name: param.name.text, signature: signature() },
      { related },
    );
    return undefined;
  }
  return matched;
}

function arityOf(params: readonly ParamSyntax[]): string {
  const least = params.filter((param) => param.default === undefined).length;
  const amount = least === params.length ? `${least}` : `${least} to ${params.length}`;
  return `${amount} ${amount === "1" ? "argument" : "arguments"}`;
}

/** The head of a declaration as it was written, for hints. */
export function writtenForm(name: string, signature: Span): string {
  return `${name}${textOf(signature)}`;
}
