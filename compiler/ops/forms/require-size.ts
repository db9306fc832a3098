import { quote } from "../../diagnostics/phrase.ts";
import type { Size } from "../../dims/size.ts";
import type { Span } from "../../source/source-file.ts";
import type { Form } from "./define-form.ts";

export interface SizeQuestion {
  /** Which size it is about: "`M`", "the elements of `H, K`". */
  readonly what: string;
  readonly needed: Size;
  readonly found: Size;
  readonly span: Span;
}

/**
 * Whether two sizes are provably equal under the facts. Where they are not, small numbers show it; where
 * nothing shows it either, a fact is missing.
 */
export function isSameSize(form: Form, { what, needed, found, span }: SizeQuestion): boolean {
  const { sizes, facts, sink } = form.context;
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
      const where = quote(form.name);
      sink.report("size-mismatch", span, { where, what, needed: wanted, found: got }, { notes });
      return false;
    }
  }
}
