import type { InterfaceSyntax, ParamSyntax } from "../ir/syntax/syntax.ts";
import { evaluateType, staticTypes } from "./axes/types.ts";
import { checkRecordColumns } from "./bodies/check-columns.ts";
import { openSignature } from "./bodies/open-signature.ts";
import { checkReader } from "./bodies/readers.ts";
import { resultTypes, runBody } from "./bodies/result.ts";
import { type Checker, opaque } from "./core/checker.ts";
import { nameOfAxis } from "./core/describe.ts";
import type { Callable, Env, Instance, Item } from "./core/entity.ts";
import { emptyInstance, unknownStatic } from "./core/instances.ts";
import { fileEnv, rootFrame } from "./core/root-frame.ts";
import { bindFormals } from "./parts/bind-formals.ts";
import { checkDefaults, checkModuleDefaults } from "./parts/check-defaults.ts";
import { makeInstance } from "./parts/make-instance.ts";
import { declareMember } from "./values/names.ts";

/**
 * The generic check of one declaration: formals are axes of unknown size, settings unknown values, and
 * every fn is run once on inputs of which only the type is known.
 */
export function checkDeclaration(checker: Checker, item: Item): void {
  const { syntax, file } = item;
  switch (syntax.kind) {
    case "module": {
      const span = syntax.name.span;
      checker.making.push({ syntax, name: syntax.name.text });
      const instance = makeInstance(checker, {
        syntax,
        file,
        path: "",
        given: undefined,
        env: fileEnv(file),
        span,
        fills: [],
      });
      checker.making.pop();
      if (instance === undefined) break;
      const env = { scope: instance.scope, frame: rootFrame(instance), isInFor: false };
      checkModuleDefaults(checker, env, instance, syntax);
      checkFns(checker, instance);
      break;
    }
    case "alias":
      checker.makePart(checker, {
        part: syntax.part,
        env: fileEnv(file),
        path: "",
        fills: [],
        inside: [],
      });
      break;
    case "interface":
      checkInterface(checker, item, syntax);
      break;
    case "fn":
      checkFn(checker, fileEnv(file), {
        name: syntax.name.text,
        signature: syntax.signature,
        body: syntax.body,
        file,
        span: syntax.name.span,
      });
      break;
    default:
  }
}

function checkFns(checker: Checker, instance: Instance): void {
  const env: Env = { scope: instance.scope, frame: rootFrame(instance), isInFor: false };
  for (const callable of instance.fns.values()) checkFn(checker, env, callable);
  for (const mode of instance.modes.values()) {
    for (const step of mode.steps) {
      for (const param of step.signature.params) checkInput(checker, env, param, step);
      checkFn(checker, env, step);
    }
  }
}

/** What enters a mode is a tensor, or has a default. */
function checkInput(checker: Checker, env: Env, param: ParamSyntax, step: Callable): void {
  const reader = checkReader(checker, env, param);
  if (reader !== undefined) checkRecordColumns(checker, step.signature.params, param, reader);
  const { axes, element } = param.type;
  const isStatic =
    axes === undefined &&
    element !== undefined &&
    staticTypes.some((type) => type === element.text);
  if (!isStatic || param.default !== undefined) return;
  const callee = `the mode \`${step.name}\``;
  checker.sink.report("argument-type", param.type.span, {
    callee,
    name: param.name.text,
    needed: "a tensor",
    found: `\`${element.text}\``,
  });
}

/** A body is evaluated even where its result cannot be: it may have errors of its own. */
function checkFn(checker: Checker, outer: Env, callable: Callable): void {
  const opened = openSignature(checker, outer, callable, (param, _, type) =>
    opaque(checker, outer, param.span, type, param.name.text),
  );
  const { env } = opened;
  // What a broken parameter would have bound is missing everywhere: the body would only repeat it.
  if (opened.isBroken) return;
  checkDefaults(checker, env, `\`${callable.name}\``, callable.signature.params);
  const { result } = callable.signature;
  const types = resultTypes(checker, env, result, callable.name, (axis) => {
    checker.sink.report("duplicate-axis", result.span, {
      axis: nameOfAxis(checker, env, axis),
      where: `the result of \`${callable.name}\``,
    });
  });
  if (types === undefined) {
    if (callable.body !== undefined) checker.runBlock(checker, env, callable.body);
    return;
  }
  runBody(checker, env, callable, types);
}

function checkInterface(checker: Checker, { file }: Item, syntax: InterfaceSyntax): void {
  const instance = emptyInstance("", syntax, file);
  const env: Env = { scope: instance.scope, frame: rootFrame(instance), isInFor: false };
  const place = { span: syntax.name.span, callee: syntax };
  if (!bindFormals(checker, instance, env, syntax.formals, () => ({ kind: "unknown" }), place))
    return;
  const where = `\`${syntax.name.text}\``;
  for (const param of syntax.params) {
    const type = evaluateType(checker, env, param.type);
    if (type.kind === "static")
      declareMember(
        checker,
        instance.scope,
        param.name,
        unknownStatic(checker, type.type, param.name.text),
        "setting",
        where,
      );
  }
  for (const name of syntax.axes) {
    const axis = checker.build.axis(name.text, checker.sizes.variable(name.text, 0), name.span);
    declareMember(checker, instance.scope, name, { kind: "axes", axes: [axis] }, "axis", where);
  }
  for (const fn of syntax.fns) {
    if (!declareMember(checker, instance.scope, fn.name, { kind: "error" }, "fn", where)) continue;
    checkFn(checker, env, {
      name: fn.name.text,
      signature: fn.signature,
      body: undefined,
      file,
      span: fn.name.span,
    });
  }
}
