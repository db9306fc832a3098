import type { ScalarType } from "../../../ir/expr/scalar-types.ts";
import type { Block } from "./block.ts";
import type { Width } from "./value-types.ts";

/**
 * A value that is known well enough to be printed: its width, its parts, its text over the texts of the
 * parts, and the outermost block in which all its variables have values.
 */
export interface PlannedValue {
  /** Equal for equal values. */
  readonly key: string;
  readonly kind: "leaf" | "call" | "load" | "branch";
  readonly type: ScalarType;
  readonly width: Width;
  readonly parts: readonly PlannedValue[];
  readonly text: (parts: readonly string[]) => string;
  readonly home: Block;
  /** Does it, or a part of it, read memory? */
  readonly readsMemory: boolean;
}
