import { nearestNames } from "../../diagnostics/suggest.ts";
import type { Axis } from "../../ir/graph/graph.ts";
import type { MappingSyntax } from "../../ir/syntax/entry-syntax.ts";
import type { SignatureSyntax } from "../../ir/syntax/syntax.ts";
import { resolvePath } from "../axes/axes.ts";
import { describe, describeAxes, textOf } from "../core/describe.ts";
import type { Elaboration } from "../core/elaboration.ts";
import type { Env, Storage } from "../core/meaning.ts";

type ResampleSyntax = Extract<MappingSyntax, { kind: "resample" }>;

/** `resample p over Row, Col with bicubic`: axes of the grid that `p` is stored over, and how to resize one. */
export function checkResample(
  { on, env }: { readonly on: Elaboration; readonly env: Env },
  mapping: ResampleSyntax,
  stored: readonly Storage[] | undefined,
): void {
  checkResizer(on, env, mapping);
  const seen = new Set<Axis>();
  for (const path of mapping.over) {
    const name = textOf(path.span);
    const meaning = resolvePath(on, env, path);
    if (meaning?.kind === "error" || meaning?.kind === "absent") continue;
    if (meaning?.kind !== "axes") {
      const names = env.scope.names((entry) => entry.role === "axis");
      const label = meaning === undefined ? {} : { label: describe(on, env, meaning) };
      on.sink.report(
        "unknown-axis",
        path.span,
        { name, nearest: nearestNames(name, names) },
        label,
      );
      continue;
    }
    for (const axis of meaning.axes) {
      if (seen.has(axis))
        on.sink.report("duplicate-axis", path.span, { axis: name, where: "`resample`" });
      seen.add(axis);
    }
    const lacking = stored?.find(
      (storage) => !meaning.axes.every((axis) => isStoredOver(storage, axis)),
    );
    if (lacking === undefined) continue;
    const found = `\`${lacking.path}\` ${describeAxes(on, env, lacking.axes)}`;
    const related = [{ span: lacking.span, text: "it is stored as this says" }];
    on.sink.report(
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

function checkResizer(on: Elaboration, env: Env, mapping: ResampleSyntax): void {
  const { text, span } = mapping.with;
  const meaning = env.scope.find(text)?.entry.meaning;
  if (meaning?.kind === "error") return;
  if (meaning?.kind === "fn" && resizesOneAxis(meaning.callable.signature)) return;
  if (meaning === undefined) {
    const fns = env.scope.names((entry) => entry.meaning.kind === "fn");
    on.sink.report("unknown-name", span, {
      kind: "fn",
      name: text,
      nearest: nearestNames(text, fns),
    });
    return;
  }
  const found =
    meaning.kind === "fn"
      ? `\`${text}${textOf(meaning.callable.signature.span)}\``
      : describe(on, env, meaning);
  on.sink.report("argument-type", span, {
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
