import { InternalError } from "../../diagnostics/internal-error.ts";
import type { Attrs, TensorType } from "../../ir/graph/graph.ts";
import { axesOf, elementOf } from "../build/type-rules.ts";
import { defineOp, type OpDefinition } from "../define-op.ts";
import { view } from "../lowering.ts";
import { tensorOf } from "../reference.ts";

const noInput = "it has no operand that a gradient could flow to";

export const parameterOp = givenOp("parameter", "A parameter or buffer, by its path.", "path");
export const stateOp = givenOp("state", "A state, by its path, as it is before the call.", "path");
export const inputOp = givenOp("input", "An argument of a mode, by its name.", "name");

/** Made by a pass, never written; `4-optimize/constant-tables.ts` says when. */
export const tableOp = defineOp({
  name: "table",
  doc: "A tensor that depends on positions alone, computed once and stored.",
  infer: ([x]) => x ?? { element: "f32", axes: [] },
  gradient: noInput,
  lowering: { kind: "storage" },
  reference: ([x], attrs) => x ?? notFed(`a table of ${String(attrs.path)}`),
  samples: [],
});

export const immediateOp = defineOp({
  name: "immediate",
  doc: "A number given anew for every run: `seed`, `step`. It is 0 where nobody gives one.",
  infer: () => ({ element: "u32", axes: [] }),
  gradient: noInput,
  lowering: view(({ attrs }) => ({ kind: "immediate", name: String(attrs.name), type: "u32" })),
  reference: (_inputs, _attrs, type, extent) => tensorOf(type, extent, () => 0),
  samples: [{ name: "seed", make: () => ({ inputs: [], attrs: { name: "seed" } }) }],
});

/** What is given from outside. An interpreter is fed these; their references are never asked. */
function givenOp(name: string, doc: string, key: "path" | "name"): OpDefinition {
  return defineOp({
    name,
    doc,
    infer: storedType,
    gradient: noInput,
    lowering: { kind: "storage" },
    reference: (_inputs, attrs) => notFed(`the ${name} ${String(attrs[key])}`),
    samples: [],
  });
}

function storedType(_inputs: readonly TensorType[], attrs: Attrs): TensorType {
  return { element: elementOf(attrs), axes: axesOf(attrs, "axes") };
}

function notFed(what: string): never {
  throw new InternalError(`nothing was fed for ${what}`);
}
