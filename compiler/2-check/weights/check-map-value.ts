import { nearestNames } from "../../diagnostics/suggest.ts";
import type { MappingSyntax } from "../../ir/syntax/entry-syntax.ts";
import type { ArgSyntax, ExprSyntax } from "../../ir/syntax/syntax.ts";
import type { Span } from "../../source/source-file.ts";
import type { Reporting } from "../core/contexts.ts";
import { textOf } from "../core/describe.ts";

type MapSyntax = Extract<MappingSyntax, { kind: "map" }>;

const forms: Readonly<Record<string, string>> = {
  concat: 'concat("a", "b")',
  transpose: 'transpose("a")',
  part: 'part("a", 0, 3)',
};

/** `"key"`, `concat("a", "b")`, `transpose("a")` or `part("a", 0, 3)`. */
export function checkMapValue(context: Reporting, mapping: MapSyntax): void {
  const { value } = mapping;
  if (value.kind === "string") checkStars(context, mapping, value.value, value.span);
  if (value.kind === "string" || value.kind === "error") return;
  const callee =
    value.kind === "call" && value.callee.kind === "name" ? value.callee.name : undefined;
  if (value.kind !== "call" || callee === undefined || forms[callee] === undefined) {
    const name = textOf(mapping.path.span);
    const nearest = nearestNames(callee ?? "", Object.keys(forms));
    const hint =
      nearest.length > 0
        ? {}
        : {
            hint: `it is a string, or ${Object.values(forms)
              .map((form) => `\`${form}\``)
              .join(", ")}`,
          };
    if (callee !== undefined)
      context.sink.report(
        "unknown-name",
        value.span,
        { kind: "form of a `map`", name: callee, nearest },
        hint,
      );
    else
      context.sink.report(
        "argument-type",
        value.span,
        { callee: "`map`", name, needed: "a key in quotes", found: `\`${textOf(value.span)}\`` },
        hint,
      );
    return;
  }
  const args = value.args ?? [];
  checkForm(context, callee, args, value.span);
  for (const { value: arg } of args)
    if (arg.kind === "string") checkStars(context, mapping, arg.value, arg.span);
}

function checkForm(context: Reporting, form: string, args: readonly ArgSyntax[], span: Span): void {
  const callee = `\`${form}\``;
  const signature = forms[form] ?? "";
  const needed =
    form === "concat"
      ? "at least 2 keys"
      : form === "part"
        ? "a key, a number and how many there are"
        : "1 key";
  const isRight = form === "concat" ? args.length >= 2 : args.length === (form === "part" ? 3 : 1);
  if (!isRight) {
    context.sink.report("wrong-arity", span, { callee, needed, found: args.length, signature });
    return;
  }
  const keys = form === "part" ? args.slice(0, 1) : args;
  for (const { value, name } of keys)
    if (value.kind !== "string" || name !== undefined)
      reportArgument(context, callee, value, "a key in quotes");
  if (form !== "part") return;
  const numbers = args.slice(1).map(({ value }) => value);
  for (const value of numbers)
    if (value.kind !== "int") reportArgument(context, callee, value, "a number");
  const [index, of] = numbers;
  if (index?.kind === "int" && of?.kind === "int" && index.value >= of.value) {
    context.sink.report("out-of-range", index.span, {
      where: callee,
      index: textOf(index.span),
      length: of.value,
    });
  }
}

function reportArgument(
  context: Reporting,
  callee: string,
  value: ExprSyntax,
  needed: string,
): void {
  if (value.kind === "error") return;
  context.sink.report("argument-type", value.span, {
    callee,
    name: "a part of it",
    needed,
    found: `\`${textOf(value.span)}\``,
  });
}

/** A `*` of the key stands for what a `*` of the path stood for. */
function checkStars(context: Reporting, { path }: MapSyntax, key: string, span: Span): void {
  const given = path.steps.filter(
    (step) => step.kind === "anyIndex" || step.kind === "anyName" || step.kind === "range",
  ).length;
  const used = key.split(".").filter((segment) => segment === "*").length;
  if (used <= given) return;
  const params = {
    callee: "`map`",
    name: key,
    needed: `a key with at most ${given} \`*\`, as its path has`,
    found: `one with ${used}`,
  };
  context.sink.report("argument-type", span, params, {
    related: [{ span: path.span, text: "the path" }],
  });
}
