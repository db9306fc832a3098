import { quote } from "../../../diagnostics/phrase.ts";
import type { Size } from "../../../dims/size.ts";
import type { Axis } from "../../../ir/graph/graph.ts";
import type { Span } from "../../../source/source-file.ts";
import type { CheckedCall } from "../surface-definition.ts";
import { declaredAxes } from "./declared-axes.ts";

export interface SizeQuestion {
  /** Which size it is about: "`M`", "`H * K`". */
  readonly what: string;
  readonly needed: Size;
  readonly found: Size;
  readonly span: Span;
  /** Axes of either side: where they are declared is why the sizes are what they are. */
  readonly axes: readonly Axis[];
}

/**
 * Whether two sizes are provably equal under the facts. Where they are not, small numbers show it; where
 * nothing shows it either, a fact is missing.
 */
export function isSameSize(
  call: CheckedCall,
  { what, needed, found, span, axes }: SizeQuestion,
): boolean {
  const { sizes, facts, sink } = call.context;
  const comparison = sizes.compare(needed, found, facts);
  const [wanted, got] = [sizes.format(needed), sizes.format(found)];
  switch (comparison.kind) {
    case "equal":
      return true;
    case "unknown":
      sink.report("fact-unknown", span, { fact: `${got} == ${wanted}` });
      return false;
    default: {
      const { values, left, right } = comparison.example;
      const numbers = [...values].map(([name, value]) => `${name} = ${value}`);
      const notes =
        numbers.length === 0 ? [] : [`for ${numbers.join(", ")} it is ${right}, and not ${left}`];
      const where = quote(call.name);
      // Two sizes that are names can be promised to be equal.
      const isName = (text: string) => /^[A-Za-z_]\w*$/.test(text);
      const hint =
        isName(got) && isName(wanted) ? { hint: `\`where ${wanted} == ${got}\` promises it` } : {};
      const params = { where, what, needed: wanted, found: got };
      const related = declaredAxes(call, axes);
      sink.report("size-mismatch", span, params, { notes, related, ...hint });
      return false;
    }
  }
}
