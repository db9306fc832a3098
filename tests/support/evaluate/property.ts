import fc from "fast-check";

/** `WEFT_EVAL_RUNS=1000 npx vitest run tests/evaluate` looks at more. */
const numRuns = Number(process.env.WEFT_EVAL_RUNS ?? 40);

/** Something holds for everything of a kind. */
export function property<T>(arbitrary: fc.Arbitrary<T>, holds: (value: T) => void): void {
  fc.assert(
    fc.property(arbitrary, (value) => {
      holds(value);
    }),
    { numRuns },
  );
}
