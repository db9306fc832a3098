import type { Fact, Size } from "./size.ts";

/** What is known of sizes in one scope, in the order in which it was stated. */
export interface Facts {
  readonly all: readonly Fact[];
}

export const noFacts: Facts = { all: [] };

/** The facts of an inner scope. */
export function withFacts(facts: Facts, more: readonly Fact[]): Facts {
  return more.length === 0 ? facts : { all: [...facts.all, ...more] };
}

/** `left == right`; divisibility is `equalFact(table.modulo(a, b), table.constant(0))`. */
export function equalFact(left: Size, right: Size): Fact {
  return { kind: "equal", left, right };
}

/** `left <= right`. */
export function atMostFact(left: Size, right: Size): Fact {
  return { kind: "less", left, right, strict: false };
}

/** `left < right`. */
export function belowFact(left: Size, right: Size): Fact {
  return { kind: "less", left, right, strict: true };
}
