import type { Size } from "../../dims/size.ts";
import type { Axis, TensorType } from "../../ir/graph/graph.ts";
import type { StaticValue } from "../../ops/surface/surface.ts";
import type { Span } from "../../source/source-file.ts";
import type { Naming } from "./contexts.ts";
import type { Env, Meaning } from "./meaning.ts";

/** How meanings are written for people: `f32[B, N, vision_model.D]`. */
export function describe(on: Naming, env: Env, meaning: Meaning): string {
  switch (meaning.kind) {
    case "tensor":
      return describeType(on, env, meaning.value.type);
    case "static":
      return describeStatic(on, meaning.value);
    case "tuple":
      return `(${meaning.items.map((item) => describe(on, env, item)).join(", ")})`;
    case "absent":
      return "none";
    case "error":
      return "?";
    case "axes":
      return `the axis ${describeAxes(on, env, meaning.axes)}`;
    case "member":
      return meaning.node.isList
        ? "a list of parts"
        : describeMember(meaning.node.content?.kind, meaning.node.path);
    case "fn":
      return `the fn ${meaning.callable.name}`;
    case "primitive":
      return `the operation ${meaning.op.name}`;
    case "pointwise":
      return "a pointwise fn";
    case "init":
      return "an initialiser";
    case "type":
      return "a type";
    case "item":
      return `the ${meaning.item.syntax.kind} ${meaning.item.syntax.name.text}`;
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

export function describeType(on: Naming, env: Env, type: TensorType): string {
  const element = type.element === "real" ? "" : type.element;
  return `${element}[${type.axes.map((axis) => nameOfAxis(on, env, axis)).join(", ")}]`;
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
export function nameOfAxis(on: Naming, env: Env, axis: Axis): string {
  const owner = on.owners.get(axis);
  if (owner === undefined || owner.path === env.frame.path || owner.path === "")
    return owner?.name ?? axis.name;
  const relative = relativePath(env, owner.path);
  return relative === owner.path && env.frame.path !== ""
    ? owner.name
    : `${relative}.${owner.name}`;
}

export function describeAxes(on: Naming, env: Env, axes: readonly Axis[]): string {
  const names = axes.map((axis) => nameOfAxis(on, env, axis));
  return names.length === 1 ? (names[0] ?? "") : `(${names.join(", ")})`;
}

export function describeSize(on: Naming, size: Size): string {
  return on.sizes.format(size);
}

function describeStatic(on: Naming, value: StaticValue): string {
  switch (value.type) {
    case "int":
      return on.sizes.valueOf(value.value) === undefined
        ? `the int ${describeSize(on, value.value)}`
        : describeSize(on, value.value);
    case "float":
    case "bool":
      return value.value === undefined ? `a ${value.type}` : String(value.value);
    case "string":
      return value.value === undefined ? "a string" : JSON.stringify(value.value);
    case "list":
      return `[${value.items.map((item) => describeStatic(on, item)).join(", ")}]`;
    case "lowest":
      return "lowest";
  }
}
