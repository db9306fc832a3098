import { listOf } from "../../diagnostics/phrase.ts";
import { DiagnosticSink } from "../../diagnostics/sink.ts";
import type {
  InterfaceSyntax,
  ParamSyntax,
  PartSyntax,
  SlotSyntax,
} from "../../ir/syntax/syntax.ts";
import type { Span } from "../../source/source-file.ts";
import { evaluateType } from "../axes/types.ts";
import { openSignature } from "../bodies/open-signature.ts";
import { describeResult, type ResultType, resultTypes } from "../bodies/result.ts";
import { type Checker, opaque, type PipedArgument, typesOnly } from "../core/checker.ts";
import type { Naming } from "../core/contexts.ts";
import { describe, relativePath, textOf } from "../core/describe.ts";
import type { Callable, Entity, Env, Instance, LoadedFile } from "../core/entity.ts";
import { emptyInstance, unknownStatic } from "../core/instances.ts";
import { rootFrame } from "../core/root-frame.ts";
import { findInInstance } from "../values/members.ts";
import { declareMember } from "../values/names.ts";
import { bindFormals, type FormalGiven } from "./bind-formals.ts";
import { matchFormals } from "./part-arguments.ts";

/** An interface with the axes that a slot gives it. */
export interface Promised {
  readonly syntax: InterfaceSyntax;
  readonly file: LoadedFile;
  readonly slot: SlotSyntax;
}

/** What the user of a slot sees: the axes, settings and fns of the interface, and nothing else. */
export function makePromise(
  checker: Checker,
  env: Env,
  promised: Promised,
  path: string,
): Instance | undefined {
  const { syntax, file } = promised;
  const instance = emptyInstance(path, syntax, file);
  const inner: Env = { scope: instance.scope, frame: rootFrame(instance), isInFor: false };
  if (!bindPromised(checker, env, inner, promised, instance)) return undefined;
  const where = `\`${syntax.name.text}\``;
  const visible = relativePath(env, path);
  for (const param of syntax.params) {
    const type = evaluateType(checker, inner, param.type);
    if (type.kind !== "static") continue;
    const entity = unknownStatic(checker, type.type, `${visible}.${param.name.text}`);
    instance.settings.set(param.name.text, {
      name: param.name.text,
      entity,
      span: param.name.span,
    });
    declareMember(checker, instance.scope, param.name, entity, "setting", where);
  }
  for (const name of syntax.axes) {
    const axis = checker.build.axis(
      name.text,
      checker.sizes.variable(`${visible}.${name.text}`, 0),
      name.span,
    );
    checker.abstractAxes.add(axis);
    checker.owners.set(axis, { path, name: name.text });
    instance.axes.set(name.text, { name: name.text, axes: [axis], isOwned: true, span: name.span });
    declareMember(checker, instance.scope, name, { kind: "axes", axes: [axis] }, "axis", where);
  }
  for (const callable of promisedFns(syntax, file)) instance.fns.set(callable.name, callable);
  return instance;
}

function bindPromised(
  checker: Checker,
  env: Env,
  inner: Env,
  { syntax, slot }: Promised,
  instance: Instance,
): boolean {
  const matched = matchFormals(checker, syntax, slot.axes, slot.interface.span);
  if (matched === undefined) return false;
  const given = (formal: InterfaceSyntax["formals"][number]): FormalGiven => {
    const arg = matched.get(formal);
    return arg === undefined
      ? { kind: "default", count: matched.size }
      : { kind: "written", axis: arg.axis, env, inside: [] };
  };
  return bindFormals(checker, instance, inner, syntax.formals, given, {
    span: slot.interface.span,
    callee: syntax,
  });
}

function promisedFns(syntax: InterfaceSyntax, file: LoadedFile): readonly Callable[] {
  return syntax.fns.map((fn) => ({
    name: fn.name.text,
    signature: fn.signature,
    body: undefined,
    file,
    span: fn.name.span,
  }));
}

/** Whether a part has all that the interface lists, with equal types. Extra ones are free. */
export function checkFit(
  checker: Checker,
  env: Env,
  promised: Promised,
  part: Instance,
  written: PartSyntax,
): boolean {
  const { syntax, slot } = promised;
  const reason = mismatchOf(checker, env, promised, part);
  if (reason === undefined) return true;
  checker.sink.report(
    "interface-mismatch",
    written.span,
    { part: part.name, needed: syntax.name.text, reason: reason.text },
    {
      related: [
        { span: slot.interface.span, text: "the slot is for this interface" },
        { span: reason.span, text: "promised here" },
        ...(reason.own === undefined
          ? []
          : [{ span: reason.own, text: `what \`${part.name}\` has` }]),
      ],
      hint: reason.hint,
    },
  );
  return false;
}

interface Mismatch {
  readonly text: string;
  readonly span: Span;
  /** What the part has in its place. */
  readonly own?: Span | undefined;
  readonly hint?: string;
}

function mismatchOf(
  checker: Checker,
  env: Env,
  promised: Promised,
  part: Instance,
): Mismatch | undefined {
  const { syntax, file } = promised;
  const witness = emptyInstance(part.path, syntax, file);
  const inner: Env = {
    scope: witness.scope,
    frame: { ...rootFrame(witness), facts: part.facts },
    isInFor: false,
  };
  if (!bindPromised(checker, env, inner, promised, witness)) return undefined;
  // From here on the interface speaks of the caller's axes and of the part's own.
  const scope = witness.scope;
  for (const formal of witness.formals) {
    const axes = formal.outer ?? formal.inner;
    scope.declare(formal.name, { entity: { kind: "axes", axes }, span: undefined, role: "axis" });
  }
  for (const param of syntax.params) {
    const setting = part.settings.get(param.name.text);
    if (setting === undefined)
      return { text: `it has no setting \`${param.name.text}\``, span: param.span };
    const theirs = part.syntax.params.find((one) => one.name.text === param.name.text);
    if (theirs !== undefined && textOf(theirs.type.span) !== textOf(param.type.span)) {
      return {
        text: `its \`${param.name.text}\` is ${textOf(theirs.type.span)}, not ${textOf(param.type.span)}`,
        span: param.span,
        own: theirs.span,
      };
    }
    scope.declare(param.name.text, { entity: setting.entity, span: undefined, role: "setting" });
  }
  for (const name of syntax.axes) {
    const axis = part.axes.has(name.text)
      ? findInInstance(checker, part, [part], name.text)
      : undefined;
    if (axis?.kind !== "axes") return { text: `it has no axis \`${name.text}\``, span: name.span };
    scope.declare(name.text, { entity: axis, span: undefined, role: "axis" });
  }
  for (const fn of promisedFns(syntax, file)) {
    const text = fnMismatch(checker, inner, fn, part);
    if (text === undefined) continue;
    const own = part.fns.get(fn.name)?.signature.span;
    const names = [...part.fns.keys()];
    const hint = own !== undefined || names.length === 0 ? {} : { hint: `it has ${listOf(names)}` };
    return { text, span: fn.span, own, ...hint };
  }
  return undefined;
}

/** Calls the part's fn with what the interface lets one pass, and compares what comes back. */
function fnMismatch(
  checker: Checker,
  inner: Env,
  promise: Callable,
  part: Instance,
): string | undefined {
  const found =
    part.fns.has(promise.name) || part.modes.has(promise.name)
      ? findInInstance(checker, part, [part], promise.name)
      : undefined;
  if (found?.kind !== "fn") return `it has no fn \`${promise.name}\``;
  const trial: Checker = {
    ...checker,
    known: typesOnly,
    sink: new DiagnosticSink(),
    noteCall: undefined,
    noteType: undefined,
  };
  const { env } = openSignature(trial, inner, promise, (param, _, type) =>
    opaque(trial, inner, param.span, type, param.name.text),
  );
  const needed = resultTypes(trial, env, promise.signature.result, promise.name, () => {});
  const args = promise.signature.params.map((param) => argumentOf(env, param));
  const { braces, span } = promise.signature;
  const result = trial.callFn(trial, env, found, {
    braces,
    args,
    calleeSpan: promise.span,
    span,
    initAxes: undefined,
  });
  const [problem] = trial.sink.diagnostics;
  if (problem !== undefined) return problem.message;
  if (needed === undefined) return undefined;
  return compareResults(trial, env, promise, needed, result);
}

function argumentOf(env: Env, param: ParamSyntax): PipedArgument {
  const entity = env.scope.find(param.name.text)?.entry.entity ?? { kind: "error" };
  return { name: param.name, entity, span: param.span };
}

function compareResults(
  context: Naming,
  env: Env,
  promise: Callable,
  needed: readonly ResultType[],
  result: Entity,
): string | undefined {
  const items =
    promise.signature.result.kind === "one"
      ? [result]
      : result.kind === "tuple"
        ? result.items
        : [];
  const agrees = items.length === needed.length && needed.every((type, n) => fits(type, items[n]));
  if (agrees) return undefined;
  const wanted = needed.map((type) => describeResult(context, env, type)).join(", ");
  return `its \`${promise.name}\` gives ${describe(context, env, result)}, not ${needed.length === 1 ? wanted : `(${wanted})`}`;
}

function fits(type: ResultType, item: Entity | undefined): boolean {
  if (type.kind === "static") return item?.kind === "static" && item.value.type === type.type;
  if (item?.kind !== "tensor") return false;
  const found = item.value.type;
  return (
    found.element === type.element &&
    found.axes.length === type.axes.length &&
    found.axes.every((axis) => type.axes.includes(axis))
  );
}
