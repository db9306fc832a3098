import { invariant } from "../../../diagnostics/internal-error.ts";
import { quote } from "../../../diagnostics/phrase.ts";
import type { Axis } from "../../../ir/graph/graph.ts";
import type { FormDefinition } from "../define-form.ts";
import type { BraceItem, SurfaceCall } from "../surface.ts";
import { isUsable } from "./usable-operand.ts";

export interface FormBraces {
  /** The axes left of `->`; a product is several, `..` all that it stands for. */
  readonly axes: readonly Axis[];
  readonly items: readonly BraceItem[];
  readonly to: readonly BraceItem[];
}

/** Checks the braces of a call against the shape of its form. `undefined` after a report. */
export function readBraces(call: SurfaceCall, form: FormDefinition): FormBraces | undefined {
  const { items = [], to } = call.braces ?? {};
  const shape = form.braces;
  if (!fitsCount(shape.items, items.length)) {
    return refuse(call, form, needed[shape.items], items.length);
  }
  if (shape.to === undefined ? to !== undefined : to === undefined) {
    return refuse(
      call,
      form,
      shape.to === undefined ? "no `->`" : "axes after `->`",
      to?.length ?? 0,
    );
  }
  if (shape.to !== undefined && !fitsCount(shape.to, to?.length ?? 0)) {
    return refuse(call, form, `${needed[shape.to]} after \`->\``, to?.length ?? 0);
  }
  const withPosition = items.filter((item) => item.kind === "axes" && item.at !== undefined);
  if (withPosition.length !== (shape.at ? 1 : 0)) {
    const wanted = shape.at ? "a position after `:`" : "no position after `:`";
    return refuse(call, form, wanted, withPosition.length);
  }
  const axes = axesOfItems(call, form, items);
  if (axes === undefined || !items.every((item) => isPositionUsable(item, call, form))) {
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
  form: FormDefinition,
  items: readonly BraceItem[],
): readonly Axis[] | undefined {
  const axes: Axis[] = [];
  for (const item of items) {
    invariant(item.kind !== "new", "a new axis stands only right of `->`");
    const named = item.kind === "rest" ? call.context.restAxes : item.axes;
    if (named === undefined) {
      const where = quote(form.name);
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
      const params = { axis: twice.name, where: `the braces of ${quote(form.name)}` };
      call.context.sink.report("duplicate-axis", item.span, params, { hint: "name it once" });
      return undefined;
    }
    axes.push(...named);
  }
  return axes;
}

const restHint = "only a fn whose parameters or braces have `..` can use it";

function isPositionUsable(item: BraceItem, call: SurfaceCall, form: FormDefinition): boolean {
  if (item.kind !== "axes" || item.at?.kind !== "operand") return true;
  return isUsable(item.at, quote(form.name), call.context);
}

function refuse(call: SurfaceCall, form: FormDefinition, wanted: string, found: number): undefined {
  call.context.sink.report("wrong-arity", call.braces?.span ?? call.span, {
    callee: quote(form.name),
    needed: wanted,
    found,
    signature: form.signature,
  });
  return undefined;
}
