import type { Label } from "../../diagnostics/diagnostic.ts";
import type { Span } from "../../source/source-file.ts";
import { describeSize, textOf } from "./describe.ts";
import type { Elaboration } from "./elaboration.ts";
import type { Env } from "./meaning.ts";

/** Where the names that are written at `span` get their numbers: "`D` is 7 by this". */
export function reasonsIn(on: Elaboration, env: Env, span: Span): readonly Label[] {
  const names = new Set(textOf(span).match(/[A-Za-z_]\w*/g) ?? []);
  return [...names].flatMap((name) => reasonOf(on, env, name) ?? []);
}

function reasonOf(on: Elaboration, env: Env, name: string): Label | undefined {
  const entry = env.scope.find(name)?.entry;
  if (entry === undefined) return undefined;
  const { meaning } = entry;
  if (meaning.kind === "axes") {
    const formal = env.frame.instance?.formals.find((one) => one.name === name);
    const [axis, ...more] = formal?.outer ?? meaning.axes;
    if (axis?.span === undefined || more.length > 0) return undefined;
    const size = describeSize(on, axis.size);
    return size === name ? undefined : { span: axis.span, text: `\`${name}\` is ${size} by this` };
  }
  if (meaning.kind !== "static" || meaning.value.type !== "int" || entry.span === undefined)
    return undefined;
  const known = on.sizes.valueOf(meaning.value.value);
  return known === undefined
    ? undefined
    : { span: entry.span, text: `\`${name}\` is ${known} here` };
}
