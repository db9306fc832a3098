import { invariant } from "../../../diagnostics/internal-error.ts";
import type { FusedEngine } from "./fused-engine.ts";

export const fusedContract: FusedEngine<"contract"> = {
  joins: "chains",
  // The product is no value of its own: its operands are asked about instead.
  reusesInputs: false,
  open({ group, loopsOf, openLoops, element }) {
    const { contraction } = group;
    invariant(contraction !== undefined, "a contract group without its contraction");
    const { batch, rows, columns, left, right } = contraction;
    const inner = openLoops(contraction.inner);
    return {
      kind: "contract",
      batch: loopsOf(batch),
      rows: loopsOf(rows),
      columns: loopsOf(columns),
      inner,
      left: element(left),
      right: element(right),
    };
  },
};
