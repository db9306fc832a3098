import type { Label } from "../../diagnostics/diagnostic.ts";
import type { Span } from "../../source/source-file.ts";
import type { GraphMaking, Naming } from "./contexts.ts";
import { describeSize, textOf } from "./describe.ts";
import type { Env } from "./entity.ts";

/** Where the names that are written at `span` get their numbers: "`D` is 7 by this". */
export function reasonsIn(context: GraphMaking & Naming, env: Env, span: Span): readonly Label[] {
  const names = new Set(textOf(span).match(/[A-Za-z_]\w*/g) ?? []);
  return [...names].flatMap((name) => reasonOf(context, env, name) ?? []);
}

function reasonOf(context: GraphMaking & Naming, env: Env, name: string): Label | undefined {
  const entry = env.scope.find(name)?.entry;
  if (entry === undefined) return undefined;
  const { entity } = entry;
  if (entity.kind === "axes") {
    const formal = env.frame.instance?.formals.find((one) => one.name === name);
    const [axis, ...more] = formal?.outer ?? entity.axes;
    if (axis?.span === undefined || more.length > 0) return undefined;
    const size = describeSize(context, axis.size);
    return size === name ? undefined : { span: axis.span, text: `\`${name}\` is ${size} by this` };
  }
  if (entity.kind !== "static" || entity.value.type !== "int" || entry.span === undefined)
    return undefined;
  const known = context.sizes.valueOf(entity.value.value);
  return known === undefined
    ? undefined
    : { span: entry.span, text: `\`${name}\` is ${known} here` };
}
