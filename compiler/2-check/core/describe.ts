import type { Size } from "../../dims/size.ts";
import type { Axis, TensorType } from "../../ir/graph/graph.ts";
import type { StaticValue } from "../../ops/surface/surface.ts";
import type { Span } from "../../source/source-file.ts";
import type { Naming } from "./contexts.ts";
import type { Entity, Env } from "./entity.ts";

/** How meanings are written for people: `f32[B, N, vision_model.D]`. */
export function describe(context: Naming, env: Env, entity: Entity): string {
  switch (entity.kind) {
    case "tensor":
      return describeType(context, env, entity.value.type);
    case "static":
      return describeStatic(context, entity.value);
    case "tuple":
      return `(${entity.items.map((item) => describe(context, env, item)).join(", ")})`;
    case "absent":
      return "none";
    case "error":
      return "?";
    case "axes":
      return `the axis ${describeAxes(context, env, entity.axes)}`;
    case "member":
      return entity.node.isList
        ? "a list of parts"
        : describeMember(entity.node.content?.kind, entity.node.path);
    case "fn":
      return `the fn ${entity.callable.name}`;
    case "primitive":
      return `the operation ${entity.op.name}`;
    case "pointwise":
      return "a pointwise fn";
    case "init":
      return "an initialiser";
    case "type":
      return "a type";
    case "item":
      return `the ${entity.item.syntax.kind} ${entity.item.syntax.name.text}`;
    case "nothing":
      return "nothing";
  }
}

function describeMember(kind: string | undefined, path: string): string {
  return kind === "part"
    ? `the part ${path}`
    : kind === "storage"
      ? `the tensor ${path}`
      : `the path ${path}`;
}

export function describeType(context: Naming, env: Env, type: TensorType): string {
  const element = type.element === "real" ? "" : type.element;
  return `${element}[${type.axes.map((axis) => nameOfAxis(context, env, axis)).join(", ")}]`;
}

/** What was written there. */
export function textOf(span: Span): string {
  return span.file.text.slice(span.start, span.end).replace(/\s+/g, " ");
}

/** A part's path as it is written in the part that `env` is in. */
export function relativePath(env: Env, path: string): string {
  const here = `${env.frame.path}.`;
  return env.frame.path !== "" && path.startsWith(here) ? path.slice(here.length) : path;
}

/** The axis as it can be written where `env` is: with its path where a part owns it. */
export function nameOfAxis(context: Naming, env: Env, axis: Axis): string {
  const owner = context.owners.get(axis);
  if (owner === undefined || owner.path === env.frame.path || owner.path === "")
    return owner?.name ?? axis.name;
  const relative = relativePath(env, owner.path);
  return relative === owner.path && env.frame.path !== ""
    ? owner.name
    : `${relative}.${owner.name}`;
}

export function describeAxes(context: Naming, env: Env, axes: readonly Axis[]): string {
  const names = axes.map((axis) => nameOfAxis(context, env, axis));
  return names.length === 1 ? (names[0] ?? "") : `(${names.join(", ")})`;
}

export function describeSize(context: Naming, size: Size): string {
  return context.sizes.format(size);
}

function describeStatic(context: Naming, value: StaticValue): string {
  switch (value.type) {
    case "int":
      return context.sizes.valueOf(value.value) === undefined
        ? `the int ${describeSize(context, value.value)}`
        : describeSize(context, value.value);
    case "float":
    case "bool":
      return value.value === undefined ? `a ${value.type}` : String(value.value);
    case "string":
      return value.value === undefined ? "a string" : JSON.stringify(value.value);
    case "list":
      return `[${value.items.map((item) => describeStatic(context, item)).join(", ")}]`;
    case "lowest":
      return "lowest";
  }
}
