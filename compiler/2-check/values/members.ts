import { nearestNames } from "../../diagnostics/suggest.ts";
import type { Axis } from "../../ir/graph/graph.ts";
import type { Named } from "../../ir/syntax/syntax.ts";
import type { StaticValue } from "../../ops/surface/surface.ts";
import type { Span } from "../../source/source-file.ts";
import { describe, relativePath, textOf } from "../core/describe.ts";
import type { Elaboration } from "../core/elaboration.ts";
import {
  type Env,
  errorMeaning,
  type Instance,
  type Meaning,
  type MeaningOf,
  type MemberNode,
} from "../core/meaning.ts";
import { outward } from "../core/renaming.ts";

/** `object.name`: a piece of a path, or whatever a part lets one see. */
export function memberOf(on: Elaboration, env: Env, object: Meaning, name: Named): Meaning {
  if (object.kind === "error" || object.kind === "absent") return object;
  if (object.kind !== "member") {
    on.sink.report("no-such-member", name.span, {
      part: describe(on, env, object),
      name: name.text,
      nearest: [],
    });
    return errorMeaning;
  }
  const { node, through } = object;
  const child = node.names.get(name.text);
  if (child !== undefined) return nodeMeaning(child, through);
  if (node.content?.kind === "part")
    return memberOfInstance(on, env, node.content.instance, through, name);
  on.sink.report("no-such-member", name.span, {
    part: node.path,
    name: name.text,
    nearest: nearestNames(name.text, [...node.names.keys()]),
  });
  return errorMeaning;
}

/** What a name that was found means: an absent member and one that could not be made say so. */
export function settledMeaning(meaning: Meaning): Meaning {
  return meaning.kind === "member" ? nodeMeaning(meaning.node, meaning.through) : meaning;
}

/** What stands at a node; an absent part keeps silent until it is used. */
export function nodeMeaning(node: MemberNode, through: readonly Instance[]): Meaning {
  if (node.content?.kind === "error") return errorMeaning;
  if (node.content?.kind === "absent") return node.content;
  return { kind: "member", node, through };
}

function memberOfInstance(
  on: Elaboration,
  env: Env,
  instance: Instance,
  before: readonly Instance[],
  name: Named,
): Meaning {
  const found = findInInstance(on, instance, [...before, instance], name.text);
  if (found !== undefined) return found;
  // What its own module could not declare has been reported there.
  if (instance.scope.own(name.text)?.meaning.kind === "error") return errorMeaning;
  const nearest = nearestNames(name.text, namesOfInstance(instance));
  if (instance.syntax.kind === "interface") {
    on.sink.report(
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
    return errorMeaning;
  }
  on.sink.report(
    "no-such-member",
    name.span,
    { part: instance.name, name: name.text, nearest },
    { related: [{ span: instance.syntax.name.span, text: "declared here" }] },
  );
  return errorMeaning;
}

/** An axis, setting, fn, mode, part or tensor of an instance, its axes as they are called outside. */
export function findInInstance(
  on: Elaboration,
  instance: Instance,
  through: readonly Instance[],
  name: string,
): Meaning | undefined {
  const axis = instance.axes.get(name);
  if (axis !== undefined)
    return { kind: "axes", axes: axis.axes.map((one) => outward(on, through, one)) };
  const setting = instance.settings.get(name);
  if (setting !== undefined) return setting.meaning;
  const callable = instance.fns.get(name) ?? onlyStep(instance, name);
  if (callable !== undefined) return { kind: "fn", callable, instance, through };
  const node = instance.root.names.get(name);
  return node === undefined ? undefined : nodeMeaning(node, through);
}

function onlyStep(instance: Instance, name: string): MeaningOf<"fn">["callable"] | undefined {
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
  on: Elaboration,
  env: Env,
  object: Meaning,
  index: Meaning,
  span: Span,
): Meaning {
  if (object.kind === "error" || object.kind === "absent") return object;
  if (index.kind === "error") return errorMeaning;
  if (object.kind === "static" && object.value.type === "list")
    return itemOfList(on, env, object.value.items, index, span);
  if (object.kind !== "member" || !isList(object.node)) {
    const params = { part: describe(on, env, object), name: `[${textOf(span)}]`, nearest: [] };
    const hint = object.kind === "tensor" ? { hint: "`take{N: 0}(x)` takes one of a tensor" } : {};
    on.sink.report("no-such-member", span, params, hint);
    return errorMeaning;
  }
  if (index.kind !== "static" || index.value.type !== "int") {
    on.sink.report("not-static", span, { where: "an index", found: describe(on, env, index) });
    return errorMeaning;
  }
  const { node, through } = object;
  if (node.anyElement !== undefined) return nodeMeaning(node.anyElement, through);
  const position = on.sizes.valueOf(index.value.value);
  const element = position === undefined ? undefined : node.elements.get(position);
  if (element !== undefined) return nodeMeaning(element, through);
  const declared = [...node.elements.values()].flatMap((one) => one.span ?? [])[0];
  const indices = [...node.elements.keys()].toSorted((left, right) => left - right);
  on.sink.report(
    "out-of-range",
    span,
    {
      where: `\`${relativePath(env, node.path)}\``,
      index: describe(on, env, index),
      length: indices.length,
      indices: indices.some((one, n) => one !== n) ? indices : undefined,
    },
    {
      label: describe(on, env, index),
      related: declared === undefined ? [] : [{ span: declared, text: "declared here" }],
    },
  );
  return errorMeaning;
}

/** `[3, 5][1]`: in the generic check an index may not be known yet, and then neither is the item. */
function itemOfList(
  on: Elaboration,
  env: Env,
  items: readonly StaticValue[],
  index: Meaning,
  span: Span,
): Meaning {
  if (index.kind !== "static" || index.value.type !== "int") {
    on.sink.report("not-static", span, { where: "an index", found: describe(on, env, index) });
    return errorMeaning;
  }
  const position = on.sizes.valueOf(index.value.value);
  const item = items[position ?? 0];
  if (position === undefined && item !== undefined) return unknownItem(on, item);
  if (item !== undefined) return { kind: "static", value: item };
  const params = { where: "the list", index: String(position), length: items.length };
  on.sink.report("out-of-range", span, params);
  return errorMeaning;
}

function unknownItem(on: Elaboration, like: StaticValue): Meaning {
  switch (like.type) {
    case "int":
      return { kind: "static", value: { type: "int", value: on.sizes.variable("item") } };
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
export function sizeOfAxes(on: Elaboration, axes: readonly Axis[]): StaticValue {
  const sizes = axes.map((axis) => axis.size);
  return {
    type: "int",
    value: sizes.reduce((a, b) => on.sizes.multiply(a, b), on.sizes.constant(1)),
  };
}
