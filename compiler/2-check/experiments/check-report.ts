import { nearestNames } from "../../diagnostics/suggest.ts";
import type { ArgSyntax, ExprSyntax } from "../../ir/syntax/syntax.ts";
import type { Span } from "../../source/source-file.ts";
import type { Reporting } from "../core/contexts.ts";
import { textOf } from "../core/describe.ts";
import type { Instance, MemberNode } from "../core/entity.ts";
import { joinSteps } from "../variants/read-overrides.ts";
import type { CheckedReport } from "./checked-experiment.ts";
import { builtInColumns, partColumns } from "./report-columns.ts";

/** What a column of a report may be, beside what every report has. */
interface Columns {
  /** Numbers of the measures: `caption` has `cider`. Undefined for a measure that nobody knows. */
  readonly measured: ReadonlyMap<string, readonly string[] | undefined>;
  /** Paths that differ between cells. */
  readonly paths: readonly string[];
  /** The model as it is declared, and those of some cells, in whose parts a column may look. */
  readonly declared: Instance;
  readonly variants: () => readonly Instance[];
}

const forms: Readonly<
  Record<string, { readonly signature: string; readonly named: readonly string[] }>
> = {
  table: { signature: "table(column, ...)", named: [] },
  plot: { signature: "plot(column, over: column, by: column)", named: ["over", "by"] },
};

/** `report table(...)` and `report plot(...)`, of which every column is something that a cell has; undefined after a report of another form. */
export function checkReport(
  context: Reporting,
  value: ExprSyntax,
  columns: Columns,
): CheckedReport | undefined {
  if (value.kind === "error") return undefined;
  const name =
    value.kind === "call" && value.callee.kind === "name" ? value.callee.name : undefined;
  const form = name === undefined ? undefined : forms[name];
  if (
    value.kind !== "call" ||
    value.args === undefined ||
    name === undefined ||
    form === undefined
  ) {
    const callee = value.kind === "call" ? value.callee.span : value.span;
    const nearest = nearestNames(textOf(callee), Object.keys(forms));
    context.sink.report(
      "unknown-name",
      callee,
      { kind: "report", name: textOf(callee), nearest },
      { hint: "`table(...)` or `plot(...)`" },
    );
    return undefined;
  }
  checkArity(context, name, form.signature, value.args, value.span);
  for (const arg of value.args) {
    if (arg.name !== undefined && !form.named.includes(arg.name.text)) {
      const nearest = nearestNames(arg.name.text, form.named);
      context.sink.report("unknown-argument", arg.name.span, {
        callee: `\`${name}\``,
        name: arg.name.text,
        nearest,
        signature: form.signature,
      });
    }
    checkColumn(context, arg.value, columns);
  }
  const textsOf = (named: string | undefined): readonly string[] =>
    (value.args ?? []).flatMap((arg) => (arg.name?.text === named ? [textOf(arg.value.span)] : []));
  if (name === "table") return { kind: "table", columns: textsOf(undefined) };
  const [[column], [over], [by]] = [textsOf(undefined), textsOf("over"), textsOf("by")];
  return column === undefined || over === undefined
    ? undefined
    : { kind: "plot", column, over, by };
}

function checkArity(
  context: Reporting,
  name: string,
  signature: string,
  args: readonly ArgSyntax[],
  span: Span,
): void {
  const plain = args.filter((arg) => arg.name === undefined).length;
  const callee = `\`${name}\``;
  if (name === "table" && plain === 0)
    context.sink.report("wrong-arity", span, {
      callee,
      needed: "at least 1 column",
      found: plain,
      signature,
    });
  if (name !== "plot") return;
  if (plain !== 1)
    context.sink.report("wrong-arity", span, {
      callee,
      needed: "1 column to plot",
      found: plain,
      signature,
    });
  if (!args.some((arg) => arg.name?.text === "over"))
    context.sink.report("missing-argument", span, { callee, name: "over", signature });
}

function checkColumn(context: Reporting, expr: ExprSyntax, columns: Columns): void {
  const steps = stepsOf(expr);
  const text = textOf(expr.span);
  if (expr.kind === "error" || (steps !== undefined && isColumn(steps, columns))) return;
  context.sink.report("unknown-column", expr.span, {
    name: text,
    nearest: nearestNames(text, candidates(columns)),
    available: builtInColumns,
  });
}

function isColumn(steps: readonly string[], columns: Columns): boolean {
  const { measured, paths, declared, variants } = columns;
  const [head = "", last = ""] = [steps[0], steps.at(-1)];
  if (steps.length === 1 && builtInColumns.includes(head)) return true;
  if (measured.has(head) && measured.get(head) === undefined) return true;
  if (steps.length === 2 && measured.has(head) && measured.get(head)?.includes(last) !== false)
    return true;
  if (paths.some((path) => path === joinSteps(steps))) return true;
  return (
    partColumns.includes(last) &&
    steps.length > 1 &&
    (hasPart(declared, steps.slice(0, -1)) ||
      variants().some((model) => hasPart(model, steps.slice(0, -1))))
  );
}

function candidates({ measured, paths, declared, variants }: Columns): readonly string[] {
  const fields = [...measured].flatMap(([name, names]) =>
    (names ?? []).map((field) => `${name}.${field}`),
  );
  const parts = [declared, ...variants()].flatMap((model) =>
    [...model.root.names.keys()].flatMap((name) =>
      partColumns.map((column) => `${name}.${column}`),
    ),
  );
  return [...builtInColumns, ...fields, ...paths, ...parts];
}

function hasPart(model: Instance, steps: readonly string[]): boolean {
  let names: ReadonlyMap<string, MemberNode> = model.root.names;
  let node: MemberNode | undefined;
  for (const step of steps) {
    node = names.get(step) ?? node?.elements.get(Number(step));
    if (node === undefined) return false;
    const { content } = node;
    names =
      content?.kind === "part"
        ? new Map([...node.names, ...content.instance.root.names])
        : node.names;
  }
  // A dotted path in front of parts is a place with parts below it.
  return node !== undefined && node.content?.kind !== "storage";
}

/** `vision_model.params` as its steps; undefined for what is no path. */
function stepsOf(expr: ExprSyntax): readonly string[] | undefined {
  switch (expr.kind) {
    case "name":
      return [expr.name];
    case "member": {
      const before = stepsOf(expr.object);
      return before && [...before, expr.name.text];
    }
    case "index": {
      const before = stepsOf(expr.object);
      if (before === undefined || expr.to !== undefined) return undefined;
      if (expr.index === undefined) return [...before, "*"];
      return expr.index.kind === "int" ? [...before, String(expr.index.value)] : undefined;
    }
    default:
      return undefined;
  }
}
