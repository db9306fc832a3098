import type { CounterExample } from "./size.ts";

/** The note below a size that differs: "with D = 2 and Heads = 3, one is 4 and the other 6". */
export function describeExample({ values, left, right }: CounterExample): string {
  const given = [...values].map(([name, value]) => `${name} = ${value}`);
  const last = given.pop();
  const sides = `one is ${left} and the other ${right}`;
  if (last === undefined) return sides;
  return `with ${given.length > 0 ? `${given.join(", ")} and ` : ""}${last}, ${sides}`;
}
