import { type FormArguments, readArguments } from "./read/read-arguments.ts";
import { type FormBraces, readBraces } from "./read/read-braces.ts";
import {
  defineSurface,
  type Operand,
  type SurfaceCall,
  type SurfaceContext,
  type SurfaceOp,
} from "./surface.ts";

/** What stands in the braces of a form. Braces and arguments are checked before it is elaborated. */
export interface BraceShape {
  readonly items: "none" | "one" | "many";
  /** Right of `->`: `rename{N -> M}`. */
  readonly to?: "one" | "two" | "many";
  /** The item has a position: `take{N: p}`. */
  readonly at?: boolean;
}

export interface FormParameter {
  readonly name: string;
  /** May be left out. */
  readonly optional?: boolean;
  /** Any number of arguments, at least one: `concat{Tok}(a, b, ...)`. Stands alone. */
  readonly many?: boolean;
}

/** A call that fits the signature. */
export interface Form extends FormBraces {
  readonly name: string;
  readonly signature: string;
  readonly span: SurfaceCall["span"];
  readonly context: SurfaceContext;
  readonly args: FormArguments;
}

export interface FormDefinition {
  readonly name: string;
  readonly signature: string;
  readonly doc: string;
  readonly braces: BraceShape;
  readonly parameters: readonly FormParameter[];
  /** `undefined` after a report, or where an operand is an error already. */
  readonly elaborate: (form: Form) => Operand | undefined;
}

export function defineForm(definition: FormDefinition): SurfaceOp {
  const { name, signature, doc } = definition;
  return defineSurface({
    name,
    signature,
    doc,
    elaborate: (call) => {
      const args = readArguments(call, definition);
      const braces = readBraces(call, definition);
      if (args === undefined || braces === undefined) return { kind: "error" };
      const { span, context } = call;
      const form: Form = { name, signature, span, context, args, ...braces };
      return definition.elaborate(form) ?? { kind: "error" };
    },
  });
}
