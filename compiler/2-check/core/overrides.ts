import type { ReportOptions } from "../../diagnostics/sink.ts";
import type { Size } from "../../dims/size.ts";
import type { Span } from "../../source/source-file.ts";
import type { Checker } from "./checker.ts";
import type { GraphMaking } from "./contexts.ts";
import { describe, describeSize } from "./describe.ts";
import { type Entity, type Env, errorEntity, type StaticType } from "./entity.ts";
import type { ModelOverride } from "./override-table.ts";

/** The setting at a path, as the overrides have it. */
export function overrideSetting(
  checker: Checker,
  env: Env,
  path: string,
  entity: Entity,
  { type, declared }: { readonly type: StaticType; readonly declared: Span },
): Entity {
  const override = checker.overrides?.take(path);
  if (override === undefined) return entity;
  const span = override.span ?? declared;
  const set = settingFrom(checker, override.value, type);
  if (set === undefined) {
    checker.sink.report("argument-type", span, {
      callee: "`set`",
      name: path,
      needed: `\`${type}\``,
      found: String(override.value),
    });
    return errorEntity;
  }
  const [before, after] = [describe(checker, env, entity), describe(checker, env, set)];
  if (before === after && override.mayBeIdle !== true) {
    checker.sink.report(
      "idle-override",
      span,
      { path, value: after },
      declaredAt(override, declared),
    );
  }
  return set;
}

function settingFrom(
  context: GraphMaking,
  value: number | boolean | string,
  type: StaticType,
): Entity | undefined {
  if (type === "int" && typeof value === "number" && Number.isSafeInteger(value)) {
    return { kind: "static", value: { type: "int", value: context.sizes.constant(value) } };
  }
  if (type === "float" && typeof value === "number")
    return { kind: "static", value: { type: "float", value } };
  if (type === "bool" && typeof value === "boolean")
    return { kind: "static", value: { type: "bool", value } };
  return type === "string" && typeof value === "string"
    ? { kind: "static", value: { type: "string", value } }
    : undefined;
}

type Overridable =
  | { readonly kind: "owned"; readonly size: Size }
  /** Bound to an axis of somebody else, or made of others. */
  | { readonly kind: "alias"; readonly target: () => string };

/** The size that an owned axis has in the end; `true` for an alias without override. Undefined after a report. */
export function overrideAxis(
  checker: Checker,
  path: string,
  axis: Overridable,
  /** Where the axis is declared, or bound to another. */
  declared: Span,
): Size | true | undefined {
  const override = checker.overrides?.take(path);
  const kept = axis.kind === "owned" ? axis.size : true;
  if (override === undefined) return kept;
  const span = override.span ?? declared;
  if (axis.kind === "alias") {
    const params = { path, target: axis.target() };
    checker.sink.report("override-of-alias", span, params, declaredAt(override, declared));
    return undefined;
  }
  const { value } = override;
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
    checker.sink.report("argument-type", span, {
      callee: "`set`",
      name: path,
      needed: "the size of an axis",
      found: String(value),
    });
    return undefined;
  }
  const size = checker.sizes.constant(value);
  if (size === axis.size && override.mayBeIdle !== true)
    checker.sink.report(
      "idle-override",
      span,
      { path, value: describeSize(checker, size) },
      declaredAt(override, declared),
    );
  return size;
}

/** The second span, where what was written has a place of its own. */
function declaredAt(override: ModelOverride, span: Span): ReportOptions {
  return override.span === undefined ? {} : { related: [{ span, text: "declared here" }] };
}
