import type { InterfaceSyntax, ParamSyntax } from "../ir/syntax/syntax.ts";
import { evaluateType, staticTypes } from "./axes/types.ts";
import { openSignature } from "./bodies/open-signature.ts";
import { checkReader } from "./bodies/readers.ts";
import { resultTypes, runBody } from "./bodies/result.ts";
import { nameOfAxis } from "./core/describe.ts";
import { type Elaboration, opaque } from "./core/elaboration.ts";
import { emptyInstance, unknownStatic } from "./core/instances.ts";
import type { Callable, Env, Instance, Item } from "./core/meaning.ts";
import { fileEnv, rootFrame } from "./core/root-frame.ts";
import { bindFormals } from "./parts/bind-formals.ts";
import { checkDefaults, checkModuleDefaults } from "./parts/check-defaults.ts";
import { makeInstance } from "./parts/make-instance.ts";
import { declareMember } from "./values/names.ts";

/**
 * The generic check of one declaration: formals are axes of unknown size, settings unknown values, and
 * every fn is run once on inputs of which only the type is known.
 */
export function checkDeclaration(on: Elaboration, item: Item): void {
  const { syntax, file } = item;
  switch (syntax.kind) {
    case "module": {
      const span = syntax.name.span;
      on.making.push({ syntax, name: syntax.name.text });
      const instance = makeInstance(on, {
        syntax,
        file,
        path: "",
        given: undefined,
        env: fileEnv(file),
        span,
        fills: [],
      });
      on.making.pop();
      if (instance === undefined) break;
      const env = { scope: instance.scope, frame: rootFrame(instance), isInFor: false };
      checkModuleDefaults(on, env, instance, syntax);
      checkFns(on, instance);
      break;
    }
    case "alias":
      on.makePart(on, { part: syntax.part, env: fileEnv(file), path: "", fills: [], inside: [] });
      break;
    case "interface":
      checkInterface(on, item, syntax);
      break;
    case "fn":
      checkFn(on, fileEnv(file), {
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

function checkFns(on: Elaboration, instance: Instance): void {
  const env: Env = { scope: instance.scope, frame: rootFrame(instance), isInFor: false };
  for (const callable of instance.fns.values()) checkFn(on, env, callable);
  for (const mode of instance.modes.values()) {
    for (const step of mode.steps) {
      for (const param of step.signature.params) checkInput(on, env, param, step);
      checkFn(on, env, step);
    }
  }
}

/** What enters a mode is a tensor, or has a default. */
function checkInput(on: Elaboration, env: Env, param: ParamSyntax, step: Callable): void {
  checkReader(on, env, param);
  const { axes, element } = param.type;
  const isStatic =
    axes === undefined &&
    element !== undefined &&
    staticTypes.some((type) => type === element.text);
  if (!isStatic || param.default !== undefined) return;
  const callee = `the mode \`${step.name}\``;
  on.sink.report("argument-type", param.type.span, {
    callee,
    name: param.name.text,
    needed: "a tensor",
    found: `\`${element.text}\``,
  });
}

/** A body is evaluated even where its result cannot be: it may have errors of its own. */
function checkFn(on: Elaboration, outer: Env, callable: Callable): void {
  const opened = openSignature(on, outer, callable, (param, _, type) =>
    opaque(on, outer, param.span, type, param.name.text),
  );
  const { env } = opened;
  // What a broken parameter would have bound is missing everywhere: the body would only repeat it.
  if (opened.isBroken) return;
  checkDefaults(on, env, `\`${callable.name}\``, callable.signature.params);
  const { result } = callable.signature;
  const types = resultTypes(on, env, result, callable.name, (axis) => {
    on.sink.report("duplicate-axis", result.span, {
      axis: nameOfAxis(on, env, axis),
      where: `the result of \`${callable.name}\``,
    });
  });
  if (types === undefined) {
    if (callable.body !== undefined) on.runBlock(on, env, callable.body);
    return;
  }
  runBody(on, env, callable, types);
}

function checkInterface(on: Elaboration, { file }: Item, syntax: InterfaceSyntax): void {
  const instance = emptyInstance("", syntax, file);
  const env: Env = { scope: instance.scope, frame: rootFrame(instance), isInFor: false };
  const place = { span: syntax.name.span, callee: syntax };
  if (!bindFormals(on, instance, env, syntax.formals, () => ({ kind: "unknown" }), place)) return;
  const where = `\`${syntax.name.text}\``;
  for (const param of syntax.params) {
    const type = evaluateType(on, env, param.type);
    if (type.kind === "static")
      declareMember(
        on,
        instance.scope,
        param.name,
        unknownStatic(on, type.type, param.name.text),
        "setting",
        where,
      );
  }
  for (const name of syntax.axes) {
    const axis = on.build.axis(name.text, on.sizes.variable(name.text, 0), name.span);
    declareMember(on, instance.scope, name, { kind: "axes", axes: [axis] }, "axis", where);
  }
  for (const fn of syntax.fns) {
    if (!declareMember(on, instance.scope, fn.name, { kind: "error" }, "fn", where)) continue;
    checkFn(on, env, {
      name: fn.name.text,
      signature: fn.signature,
      body: undefined,
      file,
      span: fn.name.span,
    });
  }
}
