import { InternalError } from "../diagnostics/internal-error.ts";
import type { Facts } from "./facts.ts";
import type { Comparison, Size } from "./size.ts";

/** Makes and interns sizes, and answers questions about them under facts. */
export class SizeTable {
  constant(value: number): Size {
    throw new InternalError(`not yet ${value}`);
  }
  /** A new unknown: the size of a formal or free axis, a setting. */
  variable(name: string): Size {
    throw new InternalError(`not yet ${name}`);
  }
  add(a: Size, b: Size): Size {
    throw new InternalError(`not yet ${a.key} ${b.key}`);
  }
  subtract(a: Size, b: Size): Size {
    throw new InternalError(`not yet ${a.key} ${b.key}`);
  }
  multiply(a: Size, b: Size): Size {
    throw new InternalError(`not yet ${a.key} ${b.key}`);
  }
  /** Exact; undefined where it is not provable under `facts`. */
  divide(a: Size, b: Size, facts: Facts): Size | undefined {
    throw new InternalError(`not yet ${a.key} ${b.key} ${facts.all.length}`);
  }
  floorDivide(a: Size, b: Size, facts: Facts): Size {
    throw new InternalError(`not yet ${a.key} ${b.key} ${facts.all.length}`);
  }
  modulo(a: Size, b: Size, facts: Facts): Size {
    throw new InternalError(`not yet ${a.key} ${b.key} ${facts.all.length}`);
  }
  min(a: Size, b: Size): Size {
    throw new InternalError(`not yet ${a.key} ${b.key}`);
  }
  max(a: Size, b: Size): Size {
    throw new InternalError(`not yet ${a.key} ${b.key}`);
  }
  power(a: Size, b: Size): Size {
    throw new InternalError(`not yet ${a.key} ${b.key}`);
  }
  /** The number, where it is one. */
  valueOf(size: Size): number | undefined {
    throw new InternalError(`not yet ${size.key}`);
  }
  compare(a: Size, b: Size, facts: Facts): Comparison {
    throw new InternalError(`not yet ${a.key} ${b.key} ${facts.all.length}`);
  }
  /** Rewrites with the facts until nothing changes. */
  normalise(size: Size, facts: Facts): Size {
    throw new InternalError(`not yet ${size.key} ${facts.all.length}`);
  }
  /** Replaces variables by other sizes. */
  substitute(size: Size, values: ReadonlyMap<Size, Size>): Size {
    throw new InternalError(`not yet ${size.key} ${values.size}`);
  }
  /** For people: `4 * D`, `image div patch`. */
  format(size: Size): string {
    throw new InternalError(`not yet ${size.key}`);
  }
}
