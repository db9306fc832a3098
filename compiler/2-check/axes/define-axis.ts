import type { Axis } from "../../ir/graph/graph.ts";
import type { AxisDefSyntax } from "../../ir/syntax/syntax.ts";
import type { Checker } from "../core/checker.ts";
import { describeSize, textOf } from "../core/describe.ts";
import type { Env } from "../core/entity.ts";
import { fitsAxis } from "../core/limits.ts";
import { reasonsIn } from "../core/reasons.ts";
import { evaluateAxis, reportUnknownAxis } from "./axes.ts";

interface DefinedAxis {
  readonly axes: readonly Axis[];
  /** Made from a size, so that an override may give another. */
  readonly isOwned: boolean;
}

/** `axis M = N` is a twin, `axis Head = D / Heads` an axis of that size; products and joins get a name. */
export function defineAxis(
  checker: Checker,
  env: Env,
  syntax: AxisDefSyntax,
): DefinedAxis | undefined {
  const { name } = syntax;
  const found = evaluateAxis(checker, env, syntax.axis, name.text);
  switch (found.kind) {
    case "axes": {
      if (!found.isName) return { axes: found.axes, isOwned: false };
      const [only] = found.axes;
      const isPlain = found.axes.length === 1 && only !== undefined;
      const axes = isPlain
        ? [checker.build.twin(name.text, only, name.span)]
        : found.axes.map((axis) => checker.build.twin(axis.name, axis, name.span));
      for (const [n, axis] of axes.entries()) {
        const original = found.axes[n];
        if (original !== undefined && checker.abstractAxes.has(original))
          checker.abstractAxes.add(axis);
      }
      return { axes, isOwned: false };
    }
    case "size": {
      const known = checker.sizes.valueOf(found.size);
      if (known !== undefined && known < 0) {
        const { span } = syntax.axis;
        checker.sink.report(
          "negative-size",
          span,
          { axis: name.text, written: textOf(span), value: describeSize(checker, found.size) },
          { related: reasonsIn(checker, env, span) },
        );
        return undefined;
      }
      if (!fitsAxis(checker, name.text, found.size, syntax.axis.span)) return undefined;
      return { axes: [checker.build.axis(name.text, found.size, name.span)], isOwned: true };
    }
    case "unknown":
      reportUnknownAxis(checker, env, found.name);
      return undefined;
    case "error":
      return undefined;
  }
}
