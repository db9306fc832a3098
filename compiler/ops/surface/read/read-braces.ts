import { invariant } from "../../../diagnostics/internal-error.ts";
import { quote } from "../../../diagnostics/phrase.ts";
import type { Axis } from "../../../ir/graph/graph.ts";

import type { BraceItem, SurfaceCall } from "../surface.ts";
import type { SurfaceBraces, SurfaceDefinition } from "../surface-definition.ts";
import { isUsable } from "./usable-operand.ts";

/** Checks the braces of a call against the shape that its primitive wants. `undefined` after a report. */
export function readBraces(
  call: SurfaceCall,
  surface: SurfaceDefinition,
): SurfaceBraces | undefined {
  const { items = [], to } = call.braces ?? {};
  const shape = surface.braces;
  if (!fitsCount(shape.items, items.length)) {
    return refuse(call, surface, needed[shape.items], items.length);
  }
  if (shape.to === undefined ? to !== undefined : to === undefined) {
    return refuse(
      call,
      surface,
      shape.to === undefined ? "no `->`" : "axes after `->`",
      to?.length ?? 0,
    );
  }
  if (shape.to !== undefined && !fitsCount(shape.to, to?.length ?? 0)) {
    return refuse(call, surface, `${needed[shape.to]} after \`->\``, to?.length ?? 0);
  }
  const withPosition = items.filter((item) => item.kind === "axes" && item.at !== undefined);
  if (withPosition.length !== (shape.at ? 1 : 0)) {
    const wanted = shape.at ? "a position after `:`" : "no position after `:`";
    return refuse(call, surface, wanted, withPosition.length);
  }
  const axes = axesOfItems(call, surface, items);
  if (axes === undefined || !items.every((item) => isPositionUsable(item, call, surface))) {
    return undefined;
  }
  return { axes, items, to: to ?? [] };
}

const needed = {
  none: "no axes in braces",
  one: "1 axis in braces",
  two: "2 axes in braces",
  many: "axes in braces",
} as const;

function fitsCount(shape: keyof typeof needed, count: number): boolean {
  switch (shape) {
    case "none":
      return count === 0;
    case "one":
      return count === 1;
    case "two":
      return count === 2;
    default:
      return count > 0;
  }
}

function axesOfItems(
  call: SurfaceCall,
  surface: SurfaceDefinition,
  items: readonly BraceItem[],
): readonly Axis[] | undefined {
  const axes: Axis[] = [];
  for (const item of items) {
    invariant(item.kind !== "new", "a new axis stands only right of `->`");
    const named = item.kind === "rest" ? call.context.restAxes : item.axes;
    if (named === undefined) {
      const where = quote(surface.name);
      call.context.sink.report(
        "unbound-axis",
        item.span,
        { axis: "..", where },
        { hint: restHint },
      );
      return undefined;
    }
    const twice = named.find((axis) => axes.includes(axis));
    if (twice !== undefined) {
      const params = { axis: twice.name, where: `the braces of ${quote(surface.name)}` };
      call.context.sink.report("duplicate-axis", item.span, params, { hint: "name it once" });
      return undefined;
    }
    axes.push(...named);
  }
  return axes;
}

const restHint = "only a fn whose parameters or braces have `..` can use it";

function isPositionUsable(item: BraceItem, call: SurfaceCall, surface: SurfaceDefinition): boolean {
  if (item.kind !== "axes" || item.at?.kind !== "operand") return true;
  return isUsable(item.at, quote(surface.name), call.context);
}

function refuse(
  call: SurfaceCall,
  surface: SurfaceDefinition,
  wanted: string,
  found: number,
): undefined {
  call.context.sink.report("wrong-arity", call.braces?.span ?? call.span, {
    callee: quote(surface.name),
    needed: wanted,
    found,
    signature: surface.signature,
  });
  return undefined;
}
