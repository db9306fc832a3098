import { InternalError } from "../../diagnostics/internal-error.ts";
import type { Size } from "../../dims/size.ts";
import type { Attr, Attrs } from "../../ir/graph/graph.ts";
import type { Extent } from "../define-op.ts";

/** A static whole number of an operation (`from`, `stride`): a number, or a size not yet known. */
export type Amount = number | Size;

export function amountIn(attrs: Attrs, name: string): Amount {
  return asAmount(attrs[name]);
}

/** The number, once sizes have numbers. */
export function amountOf(attrs: Attrs, name: string, extent: Extent): number {
  return numberOfAmount(amountIn(attrs, name), extent);
}

export function numberOfAmount(amount: Amount, extent: Extent): number {
  return typeof amount === "number" ? amount : extent({ size: amount });
}

export function asAmount(attr: Attr | undefined): Amount {
  if (typeof attr === "number") return attr;
  if (typeof attr === "object" && "terms" in attr) return attr;
  throw new InternalError("an attribute is no amount");
}
