import { InternalError } from "../diagnostics/internal-error.ts";
import type { Size } from "../dims/size.ts";
import type { SizeTable } from "../dims/size-table.ts";
import type { Extent } from "./define-op.ts";

/**
 * The numbers of all sizes, given those of the variables (sizes that are one unknown). Each size is
 * computed once.
 */
export function extentOf(table: SizeTable, variables: ReadonlyMap<Size, number>): Extent {
  const known = new Map<Size, number>();
  return ({ size }) => {
    const found = known.get(size) ?? table.evaluate(size, variables);
    if (found === undefined) {
      throw new InternalError(`nothing says how large ${table.format(size)} is`);
    }
    known.set(size, found);
    return found;
  };
}
