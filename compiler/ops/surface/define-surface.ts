import { readArguments } from "./read/read-arguments.ts";
import { readBraces } from "./read/read-braces.ts";
import type { SurfaceOp } from "./surface.ts";
import type { CheckedCall, SurfaceDefinition } from "./surface-definition.ts";

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
