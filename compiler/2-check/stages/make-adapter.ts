import { InternalError } from "../../diagnostics/internal-error.ts";
import type { AxisArgSyntax, ExprSyntax, PartSyntax } from "../../ir/syntax/syntax.ts";
import type { StaticValue } from "../../ops/surface/surface.ts";
import type { Span } from "../../source/source-file.ts";
import type { Checker } from "../core/checker.ts";
import type { Env, Instance, LoadedFile } from "../core/entity.ts";
import { rootFrame } from "../core/root-frame.ts";
import { Scope } from "../core/scope.ts";

/** The setting of `Lora` in `std/adapters` that an argument of `lora(...)` is. */
const settingOf: Readonly<Record<string, string>> = {
  rank: "rank",
  alpha: "alpha",
  dropout: "drop",
};

/** How an adapter is asked for. */
interface AdapterRequest {
  /** `std/adapters`. */
  readonly file: LoadedFile;
  readonly args: ReadonlyMap<string, StaticValue>;
  /** The line. */
  readonly span: Span;
}

/**
 * Puts an adapter beside a `Linear`: from here on every call of it gives what the adapter gives too, and what the
 * adapter stores is part of it: `fc1.lora_down.weight`. Returns the adapter; undefined after a report.
 */
export function makeAdapter(
  checker: Checker,
  linear: Instance,
  { file, args, span }: AdapterRequest,
): Instance | undefined {
  // The adapter is written where the `Linear` knows its own axes.
  const scope = new Scope("module", file.scope);
  for (const name of ["In", "Out"]) {
    const entity = linear.scope.find(name)?.entry.entity;
    if (entity?.kind !== "axes") throw new InternalError(`${linear.path} has no axis ${name}`);
    scope.declare(name, { entity, span, role: "axis" });
  }
  const written: PartSyntax["args"][number][] = [];
  for (const [name, value] of args) {
    const setting = settingOf[name];
    if (setting === undefined) throw new InternalError(`an adapter knows no ${name}`);
    scope.declare(`the ${name}`, { entity: { kind: "static", value }, span, role: "setting" });
    const expr: ExprSyntax = { kind: "name", name: `the ${name}`, span };
    written.push({ name: { text: setting, span }, value: expr, span });
  }
  const part: PartSyntax = {
    name: { text: "Lora", span },
    axes: ["In", "Out"].map((name) => axisNamed(name, span)),
    args: written,
    with: undefined,
    span,
  };
  const env: Env = { scope, frame: rootFrame(linear), isInFor: false };
  const { path } = linear;
  const made = checker.makePart(checker, { part, env, path, fills: [], inside: [] });
  if (made === undefined) return undefined;
  checker.adapters.set(linear, made);
  for (const [name, node] of made.root.names) linear.root.names.set(name, node);
  return made;
}

function axisNamed(text: string, span: Span): AxisArgSyntax {
  return {
    name: undefined,
    axis: { kind: "path", path: { head: { text, span }, steps: [], span }, span },
    span,
  };
}
