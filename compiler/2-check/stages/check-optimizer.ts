import type {
  ExprSyntax,
  InterfaceSyntax,
  PartSyntax,
  SlotSyntax,
} from "../../ir/syntax/syntax.ts";
import { conform } from "../axes/conform.ts";
import { describe, textOf } from "../core/describe.ts";
import { type Elaboration, opaque, type PipedArgument } from "../core/elaboration.ts";
import type { Env, LoadedFile, Meaning } from "../core/meaning.ts";
import { checkFit } from "../parts/interfaces.ts";

/** The optimizer fits the interface of that name in `std/optimizers`, whoever wrote it. */
export function checkOptimizer(
  on: Elaboration,
  env: Env,
  part: PartSyntax,
  files: readonly LoadedFile[],
): void {
  const made = on.makePart(on, { part, env, path: "optimizer", fills: [], inside: [] });
  const promise = findOptimizer(files);
  if (made === undefined || promise === undefined) return;
  const { span, name } = part;
  const slot: SlotSyntax = {
    kind: "slot",
    path: { head: { text: "optimizer", span }, steps: [], span },
    interface: { text: promise.syntax.name.text, span: name.span },
    axes: [],
    part,
    condition: undefined,
    span,
  };
  checkFit(on, env, { ...promise, slot }, made, part);
}

/** Files stand after those that they import, so the standard library's own comes first. */
function findOptimizer(
  files: readonly LoadedFile[],
): { readonly syntax: InterfaceSyntax; readonly file: LoadedFile } | undefined {
  for (const file of files) {
    const syntax = file.items.get("Optimizer")?.syntax;
    if (syntax?.kind === "interface") return { syntax, file };
  }
  return undefined;
}

/**
 * `schedule cosine(warmup: 2000)`: a call of a fn that gives the factor on the learning rate. The stage
 * supplies `step` and `steps` where the fn has them and the call does not.
 */
export function checkSchedule(on: Elaboration, env: Env, value: ExprSyntax, steps: Meaning): void {
  const callee = value.kind === "call" ? value.callee : value;
  const meaning = on.evaluate(on, env, callee);
  if (meaning.kind === "error") return;
  if (meaning.kind !== "fn" || (value.kind === "call" && value.args === undefined)) {
    on.sink.report("not-callable", callee.span, {
      name: textOf(callee.span),
      what: `${describe(on, env, meaning)}, not a fn of \`step\` and \`steps\``,
    });
    return;
  }
  const written = value.kind === "call" ? (value.args ?? []) : [];
  const { params } = meaning.callable.signature;
  const step = opaque(on, env, value.span, { element: "f32", axes: [] }, "step");
  const supplied: readonly (readonly [string, Meaning])[] = [
    ["step", { kind: "tensor", value: step }],
    ["steps", steps],
  ];
  const isGiven = (name: string): boolean => written.some((arg) => arg.name?.text === name);
  const more = supplied.flatMap(([text, given]): PipedArgument[] => {
    const isWanted = params.some((param) => param.name.text === text) && !isGiven(text);
    return isWanted ? [{ name: { text, span: value.span }, meaning: given, span: value.span }] : [];
  });
  const result = on.callFn(on, env, meaning, {
    braces: value.kind === "call" ? value.braces : undefined,
    args: [...written, ...more],
    calleeSpan: callee.span,
    span: value.span,
    initAxes: undefined,
  });
  if (result.kind === "error") return;
  const { result: type } = meaning.callable.signature;
  conform(
    on,
    env,
    result,
    { element: "f32", axes: [], where: "`schedule`", written: type.span },
    value.span,
  );
}
