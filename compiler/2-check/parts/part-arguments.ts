import { nearestNames } from "../../diagnostics/suggest.ts";
import type {
  AxisArgSyntax,
  ExprSyntax,
  FormalSyntax,
  InterfaceSyntax,
  ModuleSyntax,
  ParamSyntax,
} from "../../ir/syntax/syntax.ts";
import type { Span } from "../../source/source-file.ts";
import type { Reporting } from "../core/contexts.ts";
import { textOf } from "../core/describe.ts";
import type { Env, Instance } from "../core/entity.ts";

/** What a part is given: axes and settings, each with the place where it was written. */
export interface Given<T> {
  readonly value: T;
  readonly env: Env;
  readonly span: Span;
  readonly inside: readonly Instance[];
}
export interface PartArguments {
  readonly formals: ReadonlyMap<FormalSyntax, Given<AxisArgSyntax>>;
  readonly params: ReadonlyMap<ParamSyntax, Given<ExprSyntax>>;
}

/** Axes in `<...>` by position or by name; used for parts and for the interfaces of slots. */
export function matchFormals(
  context: Reporting,
  syntax: ModuleSyntax | InterfaceSyntax,
  args: readonly AxisArgSyntax[],
  span: Span,
): ReadonlyMap<FormalSyntax, AxisArgSyntax> | undefined {
  const matched = new Map<FormalSyntax, AxisArgSyntax>();
  const callee = `\`${syntax.name.text}\``;
  const signature = headOf(syntax);
  const related = [{ span: syntax.name.span, text: "declared here" }];
  let position = 0;
  for (const arg of args) {
    const { name } = arg;
    const formal =
      name === undefined
        ? syntax.formals[position++]
        : syntax.formals.find((one) => one.name.text === name.text);
    if (formal === undefined && name !== undefined) {
      const nearest = nearestNames(
        name.text,
        syntax.formals.map((one) => one.name.text),
      );
      context.sink.report(
        "unknown-argument",
        name.span,
        { callee, name: name.text, nearest, signature },
        { related },
      );
      return undefined;
    }
    if (formal === undefined || matched.has(formal)) {
      const needed = `${syntax.formals.length} ${syntax.formals.length === 1 ? "axis" : "axes"}`;
      context.sink.report(
        "wrong-arity",
        span,
        { callee, needed, found: args.length, signature },
        { related },
      );
      return undefined;
    }
    matched.set(formal, arg);
  }
  return matched;
}

/** `Mlp<D, Hidden>(act: fn = gelu)` as it was written, for hints. */
export function headOf(syntax: ModuleSyntax | InterfaceSyntax): string {
  const formals =
    syntax.formals.length === 0
      ? ""
      : `<${syntax.formals.map((formal) => textOf(formal.span)).join(", ")}>`;
  return `${syntax.name.text}${formals}(${syntax.params.map((param) => textOf(param.span)).join(", ")})`;
}
