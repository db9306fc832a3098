import { quote } from "../../../diagnostics/phrase.ts";
import type { CheckedCall } from "../surface-definition.ts";
import { declaredAxes } from "./declared-axes.ts";
import type { SizeQuestion } from "./require-size.ts";

/** Whether `needed` elements are provably there among `found`; reports numbers where they are not. */
export function fitsInto(
  call: CheckedCall,
  { what, needed, found, span, axes }: SizeQuestion,
): boolean {
  const { sizes, facts, sink } = call.context;
  const fact = { kind: "less", left: needed, right: found, strict: false } as const;
  const decision = sizes.decide(fact, facts);
  const [least, got] = [sizes.format(needed), sizes.format(found)];
  switch (decision.kind) {
    case "holds":
      return true;
    case "unknown":
      sink.report("fact-unknown", span, { fact: `${least} <= ${got}` });
      return false;
    default: {
      const numbers = [...decision.example.values].map(([name, value]) => `${name} = ${value}`);
      const { left, right } = decision.example;
      const notes =
        numbers.length === 0 ? [] : [`for ${numbers.join(", ")} it is ${right}, below ${left}`];
      const hint = numbers.length === 0 ? {} : { hint: `\`where ${least} <= ${got}\` promises it` };
      const params = { where: quote(call.name), what, needed: `${least} or more`, found: got };
      const related = declaredAxes(call, axes);
      sink.report("size-mismatch", span, params, { notes, related, ...hint });
      return false;
    }
  }
}
