import { describe, expect, test } from "vitest";
import { GroupOrder } from "../../compiler/5-schedule/fuse/group-order.ts";
import type { Value } from "../../compiler/ir/graph/graph.ts";
import { Sketch } from "../support/graphs/sketch.ts";
import { seededRandom } from "../support/kernels/compare-kernel.ts";

type Edge = readonly [Value, Value];

/** Sums of two values that stand before them, most of them near. */
function randomSums(count: number, random: () => number): readonly Value[] {
  const sketch = new Sketch();
  const values = new Set<Value>([sketch.input("x", []), sketch.input("y", [])]);
  while (values.size < count) {
    const all = [...values];
    const pick = (): Value => all[all.length - 1 - Math.floor(all.length * random() ** 3)] as Value;
    values.add(sketch.add(pick(), pick()));
  }
  return [...values];
}

/** Groups by what they contain, and whether what waits for what goes round in a circle. */
class Reference {
  readonly #edges: Edge[];
  readonly #headOf = new Map<Value, Value>();

  constructor(values: readonly Value[]) {
    this.#edges = values.flatMap((value) => value.inputs.map((input): Edge => [input, value]));
  }

  headOf(value: Value): Value {
    return this.#headOf.get(value) ?? value;
  }

  join(head: Value, values: readonly Value[]): boolean {
    for (const value of values) this.#headOf.set(value, head);
    if (!this.#isRound(this.#edges)) return true;
    for (const value of values) this.#headOf.delete(value);
    return false;
  }

  precede(first: Value, then: Value): boolean {
    if (this.headOf(first) === this.headOf(then)) return false;
    if (this.#isRound([...this.#edges, [first, then]])) return false;
    this.#edges.push([first, then]);
    return true;
  }

  #isRound(edges: readonly Edge[]): boolean {
    const readers = new Map<Value, Value[]>();
    const waits = new Map<Value, number>();
    for (const [from, to] of edges.map(([a, b]) => [this.headOf(a), this.headOf(b)] as const)) {
      if (from === to) continue;
      readers.set(from, [...(readers.get(from) ?? []), to]);
      waits.set(to, (waits.get(to) ?? 0) + 1);
      waits.set(from, waits.get(from) ?? 0);
    }
    const free = [...waits].flatMap(([value, count]) => (count === 0 ? [value] : []));
    for (const value of free) {
      for (const reader of readers.get(value) ?? []) {
        const left = (waits.get(reader) ?? 0) - 1;
        waits.set(reader, left);
        if (left === 0) free.push(reader);
      }
    }
    return free.length < waits.size;
  }
}

describe("the order of groups", () => {
  test.each(Array.from({ length: 40 }, (_, seed) => seed))(
    "lets join and precede what makes nothing wait for itself, and nothing else: seed %i",
    (seed) => {
      const random = seededRandom(seed + 1);
      const values = randomSums(60, random);
      const reference = new Reference(values);
      const order = new GroupOrder({ values, inputsOf: ({ inputs }) => inputs });
      const heads = new Set<Value>();
      const pick = (): Value => values[Math.floor(values.length * random())] as Value;
      const answers = new Map<boolean, number>();
      for (let n = 0; n < 400; n++) {
        const [one, other, third] = [pick(), pick(), pick()];
        const head = reference.headOf(one);
        const alone = [...new Set([other, third])].filter(
          (value) => value !== head && reference.headOf(value) === value && !heads.has(value),
        );
        const isJoin = random() < 0.7 && alone.length > 0;
        const found = isJoin
          ? order.join({ head, views: new Map() }, alone)
          : order.precede(one, other);
        const right = isJoin ? reference.join(head, alone) : reference.precede(one, other);
        expect(found, `step ${n}`).toBe(right);
        if (isJoin && right) heads.add(head);
        answers.set(right, (answers.get(right) ?? 0) + 1);
      }
      for (const answer of [true, false]) expect(answers.get(answer)).toBeGreaterThan(20);
    },
  );

  test("stays right where no number lies between two others any more", () => {
    const sketch = new Sketch();
    const part = sketch.axis("Part", 1);
    const parts = Array.from({ length: 200 }, (_, n) => sketch.input(`x${n}`, [part]));
    const all = sketch.concat(sketch.join("All", ...parts.map(() => [part])), ...parts);
    const values = [...parts, all];
    const order = new GroupOrder({ values, inputsOf: ({ inputs }) => inputs });
    const reference = new Reference(values);
    const check = (first: Value, then: Value): void =>
      expect(order.precede(first, then)).toBe(reference.precede(first, then));
    const ends = parts.slice(-3);
    // Each has to stand right behind one of the last, and before what reads them all.
    const behind = ends.map((end) => [end]);
    parts.slice(0, -3).forEach((value, n) => {
      const line = behind[n % 3] as Value[];
      check(line.at(-1) as Value, value);
      line.push(value);
    });
    const random = seededRandom(3);
    const pick = (): Value => values[Math.floor(values.length * random())] as Value;
    for (let n = 0; n < 600; n++) check(pick(), pick());
  });
});
