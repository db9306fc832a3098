import { nearestNames } from "../../diagnostics/suggest.ts";
import type {
  AxisArgSyntax,
  ExprSyntax,
  FormalSyntax,
  ModuleSyntax,
  ParamSyntax,
  PartSyntax,
} from "../../ir/syntax/syntax.ts";
import type { Checker, Fill, PartRequest } from "../core/checker.ts";
import type { Naming, Reporting } from "../core/contexts.ts";
import { describe } from "../core/describe.ts";
import type { Env, Instance, Item } from "../core/entity.ts";
import { mayUnroll } from "../core/limits.ts";
import { fileEnv } from "../core/root-frame.ts";
import { importHint } from "../values/names.ts";
import { makeInstance } from "./make-instance.ts";
import { type Given, headOf, matchFormals } from "./part-arguments.ts";

/** Makes the part that is written: `Linear<D, 4 * D>(biased: false)`, or a named instance. */
export function makePart(checker: Checker, request: PartRequest): Instance | undefined {
  if (!mayUnroll(checker, request.part.span)) return undefined;
  const layers = layersOf(checker, request);
  if (layers === undefined) return undefined;
  const { syntax, file } = layers;
  if (checker.making.some((one) => one.syntax === syntax)) {
    const chain = [...checker.making.map((one) => one.name), syntax.name.text];
    const circle = chain.slice(chain.indexOf(syntax.name.text));
    // Every module of the circle is checked; one of them tells.
    const isFirst = circle.every((name) => syntax.name.text <= name);
    if (isFirst) checker.sink.report("recursion", request.part.name.span, { names: circle });
    return undefined;
  }
  const formals = new Map<FormalSyntax, Given<AxisArgSyntax>>();
  const params = new Map<ParamSyntax, Given<ExprSyntax>>();
  for (const layer of layers.parts) {
    if (
      !giveFormals(checker, syntax, layer, formals) ||
      !giveParams(checker, syntax, layer, params)
    )
      return undefined;
  }
  const fills = layers.parts.flatMap((layer) => fillOf(layer)).concat(request.fills);
  checker.making.push({ syntax, name: syntax.name.text });
  const made = makeInstance(checker, {
    syntax,
    file,
    path: request.path,
    given: { formals, params },
    env: request.env,
    span: request.part.span,
    fills,
    begun: request.begun,
  });
  checker.making.pop();
  return made;
}

interface Layer {
  readonly part: PartSyntax;
  readonly env: Env;
  readonly inside: readonly Instance[];
}

/** A named instance is a part with arguments of its own, over which the ones written here win. */
function layersOf(context: Naming & Reporting, { part, env, inside }: PartRequest) {
  const parts: Layer[] = [{ part, env, inside }];
  const seen: string[] = [];
  let layer: Layer = { part, env, inside };
  while (true) {
    const item = itemOf(context, layer);
    if (item === undefined) return undefined;
    if (item.syntax.kind === "module")
      return { syntax: item.syntax, file: item.file, parts: parts.toReversed() };
    if (item.syntax.kind !== "alias") {
      reportNoPart(context, layer.part, `the ${item.syntax.kind} ${item.syntax.name.text}`);
      return undefined;
    }
    const { name } = item.syntax;
    if (seen.includes(name.text)) {
      context.sink.report("recursion", name.span, { names: [...seen, name.text] });
      return undefined;
    }
    seen.push(name.text);
    layer = { part: item.syntax.part, env: fileEnv(item.file), inside: [] };
    parts.push(layer);
  }
}

function itemOf(context: Naming & Reporting, { part, env }: Layer): Item | undefined {
  const entity = env.scope.find(part.name.text)?.entry.entity;
  if (entity?.kind === "item") return entity.item;
  if (entity?.kind === "error") return undefined;
  if (entity !== undefined) {
    const { name } = part;
    if (entity.kind === "fn" || entity.kind === "primitive") {
      const what = entity.kind === "fn" ? "a fn" : "an operation";
      const hint = `call it where it is needed: \`${name.text}(...)\``;
      const declared = entity.kind === "fn" ? [entity.callable.span] : [];
      const related = declared.map((span) => ({ span, text: "declared here" }));
      context.sink.report("not-a-part", name.span, { name: name.text, what }, { hint, related });
    } else reportNoPart(context, part, describe(context, env, entity));
    return undefined;
  }
  const names = env.scope.names((entry) => entry.entity.kind === "item");
  const { text, span } = part.name;
  const nearest = nearestNames(text, names);
  context.sink.report(
    "unknown-name",
    span,
    { kind: "module", name: text, nearest },
    importHint(context, text, nearest),
  );
  return undefined;
}

function reportNoPart(context: Reporting, part: PartSyntax, what: string): void {
  context.sink.report("not-a-part", part.name.span, { name: part.name.text, what });
}

function fillOf({ part, env, inside }: Layer): readonly Fill[] {
  if (part.with === undefined) return [];
  const { path } = part.with;
  const steps = [
    path.head.text,
    ...path.steps.map((step) =>
      step.kind === "name"
        ? step.name.text
        : step.kind === "index" && step.index.kind === "int"
          ? String(step.index.value)
          : "*",
    ),
  ];
  return [{ steps, part: part.with.part, env, inside }];
}

function giveFormals(
  context: Reporting,
  syntax: ModuleSyntax,
  layer: Layer,
  given: Map<FormalSyntax, Given<AxisArgSyntax>>,
): boolean {
  const matched = matchFormals(context, syntax, layer.part.axes, layer.part.span);
  for (const [formal, arg] of matched ?? [])
    given.set(formal, { value: arg, env: layer.env, span: arg.span, inside: layer.inside });
  return matched !== undefined;
}

function giveParams(
  context: Reporting,
  syntax: ModuleSyntax,
  layer: Layer,
  given: Map<ParamSyntax, Given<ExprSyntax>>,
): boolean {
  const callee = `\`${syntax.name.text}\``;
  const signature = headOf(syntax);
  const related = [{ span: syntax.name.span, text: "declared here" }];
  const here = new Set<ParamSyntax>();
  let position = 0;
  for (const arg of layer.part.args) {
    const { name } = arg;
    const param =
      name === undefined
        ? syntax.params[position++]
        : syntax.params.find((one) => one.name.text === name.text);
    if (param === undefined && name !== undefined) {
      const nearest = nearestNames(
        name.text,
        syntax.params.map((one) => one.name.text),
      );
      context.sink.report(
        "unknown-argument",
        name.span,
        { callee, name: name.text, nearest, signature },
        { related },
      );
      return false;
    }
    if (param === undefined || here.has(param)) {
      const needed = `${syntax.params.length} ${syntax.params.length === 1 ? "argument" : "arguments"}`;
      context.sink.report(
        "wrong-arity",
        layer.part.span,
        { callee, needed, found: layer.part.args.length, signature },
        { related },
      );
      return false;
    }
    here.add(param);
    given.set(param, {
      value: arg.value,
      env: layer.env,
      span: arg.value.span,
      inside: layer.inside,
    });
  }
  return true;
}
