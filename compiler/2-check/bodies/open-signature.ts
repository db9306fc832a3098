import { withFacts } from "../../dims/facts.ts";
import type { Axis, TensorType, Value } from "../../ir/graph/graph.ts";
import type { BraceItemSyntax, ParamSyntax } from "../../ir/syntax/syntax.ts";
import type { Span } from "../../source/source-file.ts";
import { evaluateType } from "../axes/types.ts";
import { statedFacts } from "../axes/where-facts.ts";
import type { Checker } from "../core/checker.ts";
import type { AxisTable, Reporting } from "../core/contexts.ts";
import {
  type Callable,
  type Entity,
  type Env,
  errorEntity,
  type WrittenType,
} from "../core/entity.ts";
import { unknownStatic } from "../core/instances.ts";
import { Scope } from "../core/scope.ts";
import { declareInside } from "../values/names.ts";

/** A signature seen from inside, before anybody calls it. */
interface OpenSignature {
  readonly env: Env;
  /** Axes that a call binds, in the order in which the signature names them. */
  readonly freeAxes: readonly Axis[];
  /** Axes that the signature itself gives a size: `Text = 80`. */
  readonly sizedAxes: readonly Axis[];
  /** Whether the type of a parameter could not be read. */
  readonly isBroken: boolean;
}

/** Makes the value of a parameter: an unknown one in the generic check, an input of a mode. */
export type ParameterValue = (
  param: ParamSyntax,
  written: Extract<WrittenType, { kind: "tensor" }>,
  type: TensorType,
) => Value;

interface OpenOptions {
  /** Signatures that are opened with the same, as the steps of a mode are, have axes of one name in common. */
  readonly shared?: Map<string, Axis>;
  /** Other sizes for axes that the signature itself gives a size. */
  readonly sizes?: Readonly<Record<string, number>>;
}

/**
 * Opens a fn or mode for the check of its body: axes that a call would bind are fresh ones of unknown
 * size, and all that `..` takes is one axis that stands for them.
 */
export function openSignature(
  checker: Checker,
  outer: Env,
  callable: Callable,
  makeValue: ParameterValue,
  { shared, sizes = {} }: OpenOptions = {},
): OpenSignature {
  const { signature } = callable;
  const scope = new Scope("fn", outer.scope);
  const freeAxes: Axis[] = [];
  const sizedAxes: Axis[] = [];
  const fresh: Fresh = (name, span, size) => {
    const key = size === undefined ? name : `${name} = ${size.key}`;
    const known = shared?.get(key);
    if (known !== undefined) return known;
    const axis = checker.build.axis(name, size ?? checker.sizes.variable(name, 0), span);
    shared?.set(key, axis);
    return axis;
  };
  for (const item of [...(signature.braces?.items ?? []), ...(signature.braces?.to ?? [])]) {
    const name = nameOf(item);
    if (name === undefined) continue;
    const axis = fresh(name.text, name.span, undefined);
    const isAxis = scope.find(name.text)?.entry.role === "axis";
    const entity: Entity = { kind: "axes", axes: [axis] };
    if (isAxis) declareInside(checker, scope, name, entity, "axis");
    else scope.declare(name.text, { entity, span: name.span, role: "axis" });
    freeAxes.push(axis);
  }
  const restAxes = hasRest(callable) ? [fresh("..", callable.span, undefined)] : undefined;
  for (const axis of restAxes ?? []) checker.restAxes.add(axis);
  const frame = {
    ...outer.frame,
    restAxes,
    callable,
    stored: new Map(),
    stateAxes: new Map(),
    shared: new Map(),
    paired: new Map(),
  };
  const env: Env = { scope, frame, isInFor: false };
  let isBroken = false;
  for (const param of signature.params) {
    const type = evaluateType(checker, env, param.type);
    let entity: Entity = errorEntity;
    isBroken ||= type.kind === "error";
    if (type.kind === "static") entity = unknownStatic(checker, type.type, param.name.text);
    if (type.kind === "tensor") {
      const axes = axesOf(checker, env, type, (name, span, size) => {
        const isOwn = signature.params.some((one) => isInside(span, one.span));
        const wanted = size !== undefined && isOwn ? sizes[name] : undefined;
        const axis = fresh(
          name,
          span,
          wanted === undefined ? size : checker.sizes.constant(wanted),
        );
        if (size === undefined) freeAxes.push(axis);
        else if (isOwn) sizedAxes.push(axis);
        return axis;
      });
      entity = { kind: "tensor", value: makeValue(param, type, { element: type.element, axes }) };
    }
    declareParameter(checker, scope, param, entity, callable.name);
  }
  const facts = withFacts(frame.facts, statedFacts(checker, env, signature.where));
  return { env: { ...env, frame: { ...frame, facts, freeAxes } }, freeAxes, sizedAxes, isBroken };
}

function isInside(inner: Span, outer: Span): boolean {
  return inner.file === outer.file && outer.start <= inner.start && inner.end <= outer.end;
}

function declareParameter(
  context: Reporting,
  scope: Scope,
  param: ParamSyntax,
  entity: Entity,
  fn: string,
): void {
  const { name } = param;
  const own = scope.own(name.text);
  if (own?.role !== "local") {
    declareInside(context, scope, name, entity, "local");
    return;
  }
  const related = own.span === undefined ? [] : [{ span: own.span, text: "the earlier parameter" }];
  context.sink.report(
    "declared-twice",
    name.span,
    { name: name.text, where: `the parameters of \`${fn}\`` },
    { related },
  );
}

type Fresh = (name: string, span: ParamSyntax["span"], size: Axis["size"] | undefined) => Axis;

function axesOf(
  context: AxisTable,
  env: Env,
  type: Extract<WrittenType, { kind: "tensor" }>,
  fresh: Fresh,
): readonly Axis[] {
  return type.entries.flatMap((entry) => {
    if (entry.kind === "rest") return env.frame.restAxes ?? [];
    if (entry.kind === "known") return entry.axes;
    const axis = fresh(entry.name, entry.span, entry.size);
    context.owners.set(axis, { path: env.frame.path, name: entry.name });
    env.scope.declare(entry.name, {
      entity: { kind: "axes", axes: [axis] },
      span: entry.span,
      role: "axis",
    });
    return [axis];
  });
}

function hasRest({ signature }: Callable): boolean {
  const inBraces = [...(signature.braces?.items ?? []), ...(signature.braces?.to ?? [])].some(
    (item) => item.kind === "rest",
  );
  return (
    inBraces ||
    signature.params.some((param) => param.type.axes?.some((axis) => axis.kind === "rest") ?? false)
  );
}

function nameOf(item: BraceItemSyntax) {
  return item.kind === "axis" && item.axis.kind === "path" && item.axis.path.steps.length === 0
    ? item.axis.path.head
    : undefined;
}
