import type { ReportOptions } from "../../diagnostics/sink.ts";
import type { Size } from "../../dims/size.ts";
import type { Span } from "../../source/source-file.ts";
import { describe, describeSize } from "./describe.ts";
import type { Elaboration } from "./elaboration.ts";
import { type Env, errorMeaning, type Meaning, type StaticType } from "./meaning.ts";
import type { ModelOverride } from "./override-table.ts";

/** The setting at a path, as the overrides have it. */
export function overrideSetting(
  on: Elaboration,
  env: Env,
  path: string,
  meaning: Meaning,
  { type, declared }: { readonly type: StaticType; readonly declared: Span },
): Meaning {
  const override = on.overrides?.take(path);
  if (override === undefined) return meaning;
  const span = override.span ?? declared;
  const set = settingFrom(on, override.value, type);
  if (set === undefined) {
    on.sink.report("argument-type", span, {
      callee: "`set`",
      name: path,
      needed: `\`${type}\``,
      found: String(override.value),
    });
    return errorMeaning;
  }
  const [before, after] = [describe(on, env, meaning), describe(on, env, set)];
  if (before === after && override.mayBeIdle !== true) {
    on.sink.report("idle-override", span, { path, value: after }, declaredAt(override, declared));
  }
  return set;
}

function settingFrom(
  on: Elaboration,
  value: number | boolean | string,
  type: StaticType,
): Meaning | undefined {
  if (type === "int" && typeof value === "number" && Number.isSafeInteger(value)) {
    return { kind: "static", value: { type: "int", value: on.sizes.constant(value) } };
  }
  if (type === "float" && typeof value === "number")
    return { kind: "static", value: { type: "float", value } };
  if (type === "bool" && typeof value === "boolean")
    return { kind: "static", value: { type: "bool", value } };
  return type === "string" && typeof value === "string"
    ? { kind: "static", value: { type: "string", value } }
    : undefined;
}

export type Overridable =
  | { readonly kind: "owned"; readonly size: Size }
  /** Bound to an axis of somebody else, or made of others. */
  | { readonly kind: "alias"; readonly target: () => string };

/** The size that an owned axis has in the end; `true` for an alias without override. Undefined after a report. */
export function overrideAxis(
  on: Elaboration,
  path: string,
  axis: Overridable,
  /** Where the axis is declared, or bound to another. */
  declared: Span,
): Size | true | undefined {
  const override = on.overrides?.take(path);
  const kept = axis.kind === "owned" ? axis.size : true;
  if (override === undefined) return kept;
  const span = override.span ?? declared;
  if (axis.kind === "alias") {
    const params = { path, target: axis.target() };
    on.sink.report("override-of-alias", span, params, declaredAt(override, declared));
    return undefined;
  }
  const { value } = override;
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
    on.sink.report("argument-type", span, {
      callee: "`set`",
      name: path,
      needed: "the size of an axis",
      found: String(value),
    });
    return undefined;
  }
  const size = on.sizes.constant(value);
  if (size === axis.size && override.mayBeIdle !== true)
    on.sink.report(
      "idle-override",
      span,
      { path, value: describeSize(on, size) },
      declaredAt(override, declared),
    );
  return size;
}

/** The second span, where what was written has a place of its own. */
function declaredAt(override: ModelOverride, span: Span): ReportOptions {
  return override.span === undefined ? {} : { related: [{ span, text: "declared here" }] };
}
