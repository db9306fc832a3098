import { nearestNames } from "../../diagnostics/suggest.ts";
import type { Axis } from "../../ir/graph/graph.ts";
import type { MappingSyntax } from "../../ir/syntax/entry-syntax.ts";
import type { SignatureSyntax } from "../../ir/syntax/syntax.ts";
import { resolvePath } from "../axes/axes.ts";
import type { Checker } from "../core/checker.ts";
import type { Naming, Reporting } from "../core/contexts.ts";
import { describe, describeAxes, textOf } from "../core/describe.ts";
import type { Env, Storage } from "../core/entity.ts";

type ResampleSyntax = Extract<MappingSyntax, { kind: "resample" }>;

/** `resample p over Row, Col with bicubic`: axes of the grid that `p` is stored over, and how to resize one. */
export function checkResample(
  { checker, env }: { readonly checker: Checker; readonly env: Env },
  mapping: ResampleSyntax,
  stored: readonly Storage[] | undefined,
): void {
  checkResizer(checker, env, mapping);
  const seen = new Set<Axis>();
  for (const path of mapping.over) {
    const name = textOf(path.span);
    const entity = resolvePath(checker, env, path);
    if (entity?.kind === "error" || entity?.kind === "absent") continue;
    if (entity?.kind !== "axes") {
      const names = env.scope.names((entry) => entry.role === "axis");
      const label = { label: entity && describe(checker, env, entity) };
      checker.sink.report(
        "unknown-axis",
        path.span,
        { name, nearest: nearestNames(name, names) },
        label,
      );
      continue;
    }
    for (const axis of entity.axes) {
      if (seen.has(axis))
        checker.sink.report("duplicate-axis", path.span, { axis: name, where: "`resample`" });
      seen.add(axis);
    }
    const lacking = stored?.find(
      (storage) => !entity.axes.every((axis) => isStoredOver(storage, axis)),
    );
    if (lacking === undefined) continue;
    const found = `\`${lacking.path}\` ${describeAxes(checker, env, lacking.axes)}`;
    const related = [{ span: lacking.span, text: "it is stored as this says" }];
    checker.sink.report(
      "missing-axis",
      path.span,
      { axes: [name], where: "`resample`", found },
      { related, hint: `name axes of \`${lacking.path}\`` },
    );
  }
}

/** An axis itself, or a segment of a join that is stored as one dimension. */
function isStoredOver(storage: Storage, axis: Axis): boolean {
  return storage.axes.some(
    (one) => one === axis || (one.segments ?? []).some((segment) => segment.includes(axis)),
  );
}

function checkResizer(context: Naming & Reporting, env: Env, mapping: ResampleSyntax): void {
  const { text, span } = mapping.with;
  const entity = env.scope.find(text)?.entry.entity;
  if (entity?.kind === "error") return;
  if (entity?.kind === "fn" && resizesOneAxis(entity.callable.signature)) return;
  if (entity === undefined) {
    const fns = env.scope.names((entry) => entry.entity.kind === "fn");
    context.sink.report("unknown-name", span, {
      kind: "fn",
      name: text,
      nearest: nearestNames(text, fns),
    });
    return;
  }
  const found =
    entity.kind === "fn"
      ? `\`${text}${textOf(entity.callable.signature.span)}\``
      : describe(context, env, entity);
  context.sink.report("argument-type", span, {
    callee: "`resample`",
    name: "with",
    needed: "a fn of the form `f{From -> To}(x)`",
    found,
  });
}

function resizesOneAxis({ braces, params }: SignatureSyntax): boolean {
  const [first, ...others] = params;
  const isOneToOne =
    braces?.items.length === 1 &&
    braces.to?.length === 1 &&
    [...braces.items, ...braces.to].every((item) => item.kind === "axis");
  return (
    isOneToOne &&
    first?.type.axes !== undefined &&
    others.every((param) => param.default !== undefined)
  );
}
