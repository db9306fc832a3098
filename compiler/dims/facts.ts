import type { Fact } from "./size.ts";

/** What is known of sizes in one scope, in the order in which it was stated. */
export interface Facts {
  readonly all: readonly Fact[];
}

export const noFacts: Facts = { all: [] };
