import type { Axis } from "../../ir/graph/graph.ts";
import type {
  BraceItem,
  Operand,
  SurfaceArgument,
  SurfaceCall,
  SurfaceContext,
} from "./surface.ts";

/** What was written for each parameter of a primitive. */
export type SurfaceArguments = ReadonlyMap<string, readonly SurfaceArgument[]>;

export interface SurfaceBraces {
  /** The axes left of `->`; a product is several, `..` all that it stands for. */
  readonly axes: readonly Axis[];
  readonly items: readonly BraceItem[];
  readonly to: readonly BraceItem[];
}

/** What stands in the braces of a call. Braces and arguments are checked before it is elaborated. */
interface BraceShape {
  readonly items: "none" | "one" | "many";
  /** Right of `->`: `rename{N -> M}`. */
  readonly to?: "one" | "two" | "many";
  /** The item has a position: `take{N: p}`. */
  readonly at?: boolean;
}

export interface SurfaceParameter {
  readonly name: string;
  /** May be left out. */
  readonly optional?: boolean;
  /** Any number of arguments, at least one: `concat{Tok}(a, b, ...)`. Stands alone. */
  readonly many?: boolean;
}

/** A call that fits the signature. */
export interface CheckedCall extends SurfaceBraces {
  readonly name: string;
  readonly signature: string;
  readonly span: SurfaceCall["span"];
  readonly context: SurfaceContext;
  readonly args: SurfaceArguments;
}

export interface SurfaceDefinition {
  readonly name: string;
  readonly signature: string;
  readonly doc: string;
  readonly braces: BraceShape;
  readonly parameters: readonly SurfaceParameter[];
  /** `undefined` after a report, or where an operand is an error already. */
  readonly elaborate: (call: CheckedCall) => Operand | undefined;
}
