import { nearestNames } from "../../diagnostics/suggest.ts";
import type { Axis } from "../../ir/graph/graph.ts";
import type { Named } from "../../ir/syntax/syntax.ts";
import type { StaticValue } from "../../ops/surface/surface.ts";
import type { Span } from "../../source/source-file.ts";
import type { Checker } from "../core/checker.ts";
import type { GraphMaking, Reporting } from "../core/contexts.ts";
import { describe, relativePath, textOf } from "../core/describe.ts";
import {
  type Entity,
  type EntityOf,
  type Env,
  errorEntity,
  type Instance,
  type MemberNode,
} from "../core/entity.ts";
import { outward } from "../core/renaming.ts";

/** `object.name`: a piece of a path, or whatever a part lets one see. */
export function memberOf(checker: Checker, env: Env, object: Entity, name: Named): Entity {
  if (object.kind === "error" || object.kind === "absent") return object;
  if (object.kind !== "member") {
    checker.sink.report("no-such-member", name.span, {
      part: describe(checker, env, object),
      name: name.text,
      nearest: [],
    });
    return errorEntity;
  }
  const { node, through } = object;
  const child = node.names.get(name.text);
  if (child !== undefined) return nodeEntity(child, through);
  if (node.content?.kind === "part")
    return memberOfInstance(checker, env, node.content.instance, through, name);
  checker.sink.report("no-such-member", name.span, {
    part: node.path,
    name: name.text,
    nearest: nearestNames(name.text, [...node.names.keys()]),
  });
  return errorEntity;
}

/** What a name that was found means: an absent member and one that could not be made say so. */
export function settledEntity(entity: Entity): Entity {
  return entity.kind === "member" ? nodeEntity(entity.node, entity.through) : entity;
}

/** What stands at a node; an absent part keeps silent until it is used. */
export function nodeEntity(node: MemberNode, through: readonly Instance[]): Entity {
  if (node.content?.kind === "error") return errorEntity;
  if (node.content?.kind === "absent") return node.content;
  return { kind: "member", node, through };
}

function memberOfInstance(
  context: GraphMaking & Reporting,
  env: Env,
  instance: Instance,
  before: readonly Instance[],
  name: Named,
): Entity {
  const found = findInInstance(context, instance, [...before, instance], name.text);
  if (found !== undefined) return found;
  // What its own module could not declare has been reported there.
  if (instance.scope.own(name.text)?.entity.kind === "error") return errorEntity;
  const nearest = nearestNames(name.text, namesOfInstance(instance));
  if (instance.syntax.kind === "interface") {
    context.sink.report(
      "outside-interface",
      name.span,
      {
        slot: relativePath(env, instance.path),
        needed: instance.name,
        name: name.text,
        available: namesOfInstance(instance),
      },
      {
        related: [
          { span: instance.syntax.name.span, text: `\`${instance.name}\` lists what may be used` },
        ],
      },
    );
    return errorEntity;
  }
  context.sink.report(
    "no-such-member",
    name.span,
    { part: instance.name, name: name.text, nearest },
    { related: [{ span: instance.syntax.name.span, text: "declared here" }] },
  );
  return errorEntity;
}

/** An axis, setting, fn, mode, part or tensor of an instance, its axes as they are called outside. */
export function findInInstance(
  context: GraphMaking,
  instance: Instance,
  through: readonly Instance[],
  name: string,
): Entity | undefined {
  const axis = instance.axes.get(name);
  if (axis !== undefined)
    return { kind: "axes", axes: axis.axes.map((one) => outward(context, through, one)) };
  const setting = instance.settings.get(name);
  if (setting !== undefined) return setting.entity;
  const callable = instance.fns.get(name) ?? onlyStep(instance, name);
  if (callable !== undefined) return { kind: "fn", callable, instance, through };
  const node = instance.root.names.get(name);
  return node === undefined ? undefined : nodeEntity(node, through);
}

function onlyStep(instance: Instance, name: string): EntityOf<"fn">["callable"] | undefined {
  const mode = instance.modes.get(name);
  return mode === undefined || mode.isStepped ? undefined : mode.steps[0];
}

export function namesOfInstance(instance: Instance): readonly string[] {
  return [
    ...instance.axes.keys(),
    ...instance.settings.keys(),
    ...instance.fns.keys(),
    ...instance.modes.keys(),
    ...instance.root.names.keys(),
  ];
}

/** `object[index]`. In the generic check every element of a list is the same one. */
export function elementOfList(
  checker: Checker,
  env: Env,
  object: Entity,
  index: Entity,
  span: Span,
): Entity {
  if (object.kind === "error" || object.kind === "absent") return object;
  if (index.kind === "error") return errorEntity;
  if (object.kind === "static" && object.value.type === "list")
    return itemOfList(checker, env, object.value.items, index, span);
  if (object.kind !== "member" || !isList(object.node)) {
    const params = { part: describe(checker, env, object), name: `[${textOf(span)}]`, nearest: [] };
    const hint = object.kind === "tensor" ? { hint: "`take{N: 0}(x)` takes one of a tensor" } : {};
    checker.sink.report("no-such-member", span, params, hint);
    return errorEntity;
  }
  if (index.kind !== "static" || index.value.type !== "int") {
    checker.sink.report("not-static", span, {
      where: "an index",
      found: describe(checker, env, index),
    });
    return errorEntity;
  }
  const { node, through } = object;
  if (node.anyElement !== undefined) return nodeEntity(node.anyElement, through);
  const position = checker.sizes.valueOf(index.value.value);
  const element = position === undefined ? undefined : node.elements.get(position);
  if (element !== undefined) return nodeEntity(element, through);
  const declared = [...node.elements.values()].flatMap((one) => one.span ?? [])[0];
  const indices = [...node.elements.keys()].toSorted((left, right) => left - right);
  checker.sink.report(
    "out-of-range",
    span,
    {
      where: `\`${relativePath(env, node.path)}\``,
      index: describe(checker, env, index),
      length: indices.length,
      indices: indices.some((one, n) => one !== n) ? indices : undefined,
    },
    {
      label: describe(checker, env, index),
      related: declared === undefined ? [] : [{ span: declared, text: "declared here" }],
    },
  );
  return errorEntity;
}

/** `[3, 5][1]`: in the generic check an index may not be known yet, and then neither is the item. */
function itemOfList(
  checker: Checker,
  env: Env,
  items: readonly StaticValue[],
  index: Entity,
  span: Span,
): Entity {
  if (index.kind !== "static" || index.value.type !== "int") {
    checker.sink.report("not-static", span, {
      where: "an index",
      found: describe(checker, env, index),
    });
    return errorEntity;
  }
  const position = checker.sizes.valueOf(index.value.value);
  const item = items[position ?? 0];
  if (position === undefined && item !== undefined) return unknownItem(checker, item);
  if (item !== undefined) return { kind: "static", value: item };
  const params = { where: "the list", index: String(position), length: items.length };
  checker.sink.report("out-of-range", span, params);
  return errorEntity;
}

function unknownItem(context: GraphMaking, like: StaticValue): Entity {
  switch (like.type) {
    case "int":
      return { kind: "static", value: { type: "int", value: context.sizes.variable("item") } };
    case "float":
    case "bool":
    case "string":
      return { kind: "static", value: { type: like.type, value: undefined } };
    default:
      return { kind: "static", value: like };
  }
}

export function isList(node: MemberNode): boolean {
  return node.isList || node.content?.kind === "error";
}

/** The size of axes taken together: an axis name in a static expression. */
export function sizeOfAxes(context: GraphMaking, axes: readonly Axis[]): StaticValue {
  const sizes = axes.map((axis) => axis.size);
  return {
    type: "int",
    value: sizes.reduce((a, b) => context.sizes.multiply(a, b), context.sizes.constant(1)),
  };
}
