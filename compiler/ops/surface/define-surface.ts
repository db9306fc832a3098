import { readArguments, type SurfaceArguments } from "./read/read-arguments.ts";
import { readBraces, type SurfaceBraces } from "./read/read-braces.ts";
import type { Operand, SurfaceCall, SurfaceContext, SurfaceOp } from "./surface.ts";

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

/** How a primitive is written in Weft: signature, documentation, and what a call builds. */
export function defineSurface(definition: SurfaceDefinition): SurfaceOp {
  const { name, signature, doc } = definition;
  return {
    name,
    signature,
    doc,
    elaborate: (call) => {
      const args = readArguments(call, definition);
      const braces = readBraces(call, definition);
      if (args === undefined || braces === undefined) return { kind: "error" };
      const { span, context } = call;
      const checked: CheckedCall = { name, signature, span, context, args, ...braces };
      return definition.elaborate(checked) ?? { kind: "error" };
    },
  };
}
