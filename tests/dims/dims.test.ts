import { describe, expect, test } from "vitest";
import {
  atMostFact,
  belowFact,
  equalFact,
  type Facts,
  noFacts,
  withFacts,
} from "../../compiler/dims/facts.ts";
import type { Size } from "../../compiler/dims/size.ts";
import { SizeTable } from "../../compiler/dims/size-table.ts";

function scope(...names: string[]) {
  const table = new SizeTable();
  const variables = names.map((name) => table.variable(name, 0));
  const n = (value: number): Size => table.constant(value);
  const divisible = (facts: Facts, a: Size, b: Size): Facts =>
    withFacts(facts, [equalFact(table.modulo(a, b, facts), n(0))]);
  return { table, variables, n, divisible };
}

describe("normal form", () => {
  test("equal polynomials are the same object", () => {
    const { table, variables, n } = scope("D", "H");
    const [d, h] = variables as [Size, Size];
    const left = table.multiply(table.add(d, h), table.subtract(d, h));
    const right = table.subtract(table.multiply(d, d), table.multiply(h, h));
    expect(left).toBe(right);
    expect(table.add(d, n(0))).toBe(d);
    expect(table.format(left)).toBe("D ^ 2 - H ^ 2");
  });

  test("exact division needs a reason", () => {
    const { table, variables, n, divisible } = scope("D", "Heads");
    const [d, heads] = variables as [Size, Size];
    expect(table.divide(d, heads, noFacts)).toBeUndefined();
    expect(table.divide(table.multiply(d, n(4)), n(2), noFacts)).toBe(table.multiply(d, n(2)));
    const facts = divisible(noFacts, d, heads);
    const head = table.divide(d, heads, facts);
    expect(head && table.format(head)).toBe("D / Heads");
    expect(head && table.multiply(head, heads)).toBe(d);
    expect(table.modulo(d, heads, facts)).toBe(n(0));
    expect(table.floorDivide(table.add(d, n(0)), heads, facts)).toBe(head);
  });

  test("the size of a window of patches is the number of patches", () => {
    const { table, variables, n, divisible } = scope("image", "patch");
    const [image, patch] = variables as [Size, Size];
    const facts = divisible(noFacts, image, patch);
    // (Y + 2 * pad - dilate * (K - 1) - 1) div stride + 1
    const top = table.subtract(table.subtract(image, table.subtract(patch, n(1))), n(1));
    const count = table.add(table.floorDivide(top, patch, facts), n(1));
    expect(count).toBe(table.divide(image, patch, facts));
  });
});

describe("facts", () => {
  test("an equality replaces one variable everywhere", () => {
    const { table, variables, n } = scope("D", "Heads", "Head");
    const [d, heads, head] = variables as [Size, Size, Size];
    const facts = withFacts(noFacts, [equalFact(d, table.multiply(heads, head))]);
    expect(table.divide(d, heads, facts)).toBe(head);
    expect(table.compare(table.floorDivide(d, head, facts), heads, facts).kind).toBe("equal");
    const found = table.compare(d, table.add(head, n(1)), facts);
    expect(found.kind).toBe("different");
  });
  test("bounds decide min and max", () => {
    const { table, variables, n } = scope("N", "K");
    const [a, k] = variables as [Size, Size];
    const facts = withFacts(noFacts, [atMostFact(k, a)]);
    expect(table.min(a, k, facts)).toBe(k);
    expect(table.max(table.add(a, n(1)), n(1))).toBe(table.add(a, n(1)));
  });
});

describe("counter-examples", () => {
  test("satisfy the facts and name the values", () => {
    const { table, variables, n, divisible } = scope("D", "Heads");
    const [d, heads] = variables as [Size, Size];
    const facts = divisible(noFacts, d, heads);
    const head = table.quotient(d, heads);
    const found = table.compare(head, table.add(heads, n(1)), facts);
    if (found.kind !== "different") throw new Error(found.kind);
    const [given, by] = [found.example.values.get("D"), found.example.values.get("Heads")];
    expect(Number(given) % Number(by)).toBe(0);
    expect(found.example.left).toBe(Number(given) / Number(by));
    expect(found.example.right).toBe(Number(by) + 1);
  });

  test("begin with the smallest values", () => {
    const { table, variables, n } = scope("D");
    const [d] = variables as [Size];
    const found = table.compare(table.multiply(n(4), d), d, noFacts);
    if (found.kind !== "different") throw new Error(found.kind);
    expect([...found.example.values]).toEqual([["D", 2]]);
    expect(found.example).toMatchObject({ left: 8, right: 2 });
  });

  test("there is none where the facts allow no small values", () => {
    const { table, variables, n } = scope("D", "E");
    const [d, e] = variables as [Size, Size];
    const facts = withFacts(noFacts, [belowFact(n(1_000_000), d)]);
    expect(table.compare(d, e, facts)).toEqual({ kind: "unknown" });
  });
});

describe("decisions", () => {
  test("bounds hold, fail or are open", () => {
    const { table, variables, n } = scope("N", "K");
    const [a, k] = variables as [Size, Size];
    const facts = withFacts(noFacts, [atMostFact(k, a)]);
    expect(table.decide(atMostFact(k, table.add(a, n(1))), facts).kind).toBe("holds");
    expect(table.decide(belowFact(a, k), facts).kind).toBe("fails");
    expect(table.isAtLeast(table.subtract(a, k), 0, facts)).toBe(true);
    expect(table.isAtLeast(table.subtract(a, k), 1, facts)).toBe(false);
  });

  test("with numbers everything is decided", () => {
    const { table, variables, n } = scope("D", "Heads");
    const [d, heads] = variables as [Size, Size];
    const fact = equalFact(table.modulo(d, heads, noFacts), n(0));
    const made = (of: Size, value: number): Size =>
      table.substitute(
        of,
        new Map([
          [d, n(10)],
          [heads, n(value)],
        ]),
      );
    expect(table.valueOf(made(fact.left, 5))).toBe(0);
    expect(table.valueOf(made(fact.left, 3))).toBe(1);
    expect(table.valueOf(made(fact.left, 0))).toBeUndefined();
    expect(table.valueOf(made(table.quotient(d, heads), 5))).toBe(2);
  });
});

describe("format", () => {
  test("is what a person would write", () => {
    const { table, variables, n } = scope("D", "Heads", "image");
    const [d, heads, image] = variables as [Size, Size, Size];
    const write = (size: Size): string => table.format(size);
    expect(write(table.multiply(d, n(4)))).toBe("4 * D");
    expect(write(table.floorDivide(image, n(14), noFacts))).toBe("image div 14");
    expect(write(table.subtract(n(1), image))).toBe("1 - image");
    expect(write(table.quotient(d, table.multiply(heads, n(2))))).toBe("D / (2 * Heads)");
    expect(write(table.quotient(d, table.add(heads, n(2))))).toBe("D / (Heads + 2)");
    expect(write(table.modulo(table.add(d, n(1)), heads, noFacts))).toBe("(D + 1) % Heads");
    expect(write(table.power(n(2), table.add(d, n(1))))).toBe("2 * 2 ^ D");
    expect(write(table.max(table.subtract(d, n(1)), n(1)))).toBe("max(1, D - 1)");
    expect(write(table.subtract(n(0), n(3)))).toBe("-3");
  });
});
