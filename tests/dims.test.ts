import { describe, expect, test } from "vitest";
import { atMostFact, equalFact, type Facts, noFacts, withFacts } from "../compiler/dims/facts.ts";
import type { Size } from "../compiler/dims/size.ts";
import { SizeTable } from "../compiler/dims/size-table.ts";

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
