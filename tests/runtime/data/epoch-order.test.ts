import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DistinctOrder, shuffledOrder } from "../../../runtime/data/order/epoch-order.ts";
import type { KeyGroups } from "../../../runtime/data/order/key-groups.ts";
import { placeOfSample } from "../../../runtime/data/order/sample-order.ts";

/** Records of keys that have so many each, dealt out in turn. */
function groupsOf(counts: readonly number[]): KeyGroups {
  const starts = Int32Array.from([0, ...counts.map((_, key) => sum(counts.slice(0, key + 1)))]);
  const records = counts.flatMap((count, key) =>
    Array.from({ length: count }, (_, n) => ({ key, n })),
  );
  const dealt = records.toSorted((one, other) => one.n - other.n || one.key - other.key);
  const members = records.map((record) => dealt.indexOf(record));
  return { members: Int32Array.from(members), starts };
}

const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);

/** The key of each record. */
function keysOf({ members, starts }: KeyGroups): readonly number[] {
  const keys: number[] = [];
  for (let key = 0; key < starts.length - 1; key++)
    for (const record of members.subarray(starts[key], starts[key + 1])) keys[record] = key;
  return keys;
}

describe("batches of distinct keys", () => {
  test("no two samples within a batch's length have one key, over the ends of epochs too", () => {
    const sizes = fc.integer({ min: 1, max: 12 }).chain((batch) => {
      const counts = fc.array(fc.integer({ min: 1, max: 4 }), {
        minLength: Math.max(batch, 3 * (batch - 1)),
        maxLength: 50,
      });
      return fc.tuple(fc.constant(batch), counts, fc.nat());
    });
    fc.assert(
      fc.property(sizes, ([batch, counts, seed]) => {
        const groups = groupsOf(counts);
        const order = new DistinctOrder(groups, batch, seed);
        const keys = keysOf(groups);
        const seen = Array.from(
          { length: 4 * counts.length },
          (_, sample) => keys[order.recordAt(placeOfSample(sample, order.size), 0)],
        );
        for (let first = 0; first + batch <= seen.length; first++)
          expect(new Set(seen.slice(first, first + batch)).size).toBe(batch);
        for (let epoch = 0; epoch < 4; epoch++) {
          const own = seen.slice(epoch * counts.length, (epoch + 1) * counts.length);
          expect(new Set(own).size).toBe(counts.length);
        }
      }),
      { numRuns: 60 },
    );
  });

  test("the records of a key take turns, each as often as the others", () => {
    const counts = Array.from({ length: 30 }, (_, key) => 1 + (key % 3));
    const order = new DistinctOrder(groupsOf(counts), 8, 5);
    const seen = new Map<number, number>();
    for (let sample = 0; sample < 6 * 30; sample++) {
      const record = order.recordAt(placeOfSample(sample, order.size), 0);
      seen.set(record, (seen.get(record) ?? 0) + 1);
    }
    expect(seen.size).toBe(sum(counts));
    const keys = keysOf(groupsOf(counts));
    for (const [record, times] of seen) expect(times).toBe(6 / (counts[keys[record] ?? 0] ?? 0));
  });

  test("is another order in each epoch, and is found from the place alone", () => {
    const groups = groupsOf(Array.from({ length: 40 }, () => 2));
    const epochs = [0, 1, 2].map((epoch) => {
      const order = new DistinctOrder(groups, 10, 9);
      return Array.from({ length: 40 }, (_, place) => order.recordAt({ epoch, place }, 0)).join();
    });
    expect(new Set(epochs).size).toBe(3);
    const order = new DistinctOrder(groups, 10, 9);
    const mixed = [2, 0, 1].map((epoch) => order.recordAt({ epoch, place: 3 }, 0));
    expect([mixed[1], mixed[2], mixed[0]].map(String)).toEqual(
      epochs.map((epoch) => epoch.split(",")[3]),
    );
  });

  test("a bad record gives way to another of its key, and then to the next by number", () => {
    const groups = groupsOf([2, 1, 1, 1]);
    const keys = keysOf(groups);
    const order = new DistinctOrder(groups, 2, 3);
    for (let place = 0; place < 4; place++) {
      const [first = 0, second = 0, third] = [0, 1, 2].map((turn) =>
        order.recordAt({ epoch: 1, place }, turn),
      );
      const isPair = keys[first] === 0;
      expect(second).toBe(isPair ? 4 - first : (first + 1) % 5);
      if (isPair) expect(third).toBe((second + 1) % 5);
    }
  });
});

test("elsewhere the next by number takes the place of a bad one", () => {
  const order = shuffledOrder(10, 4);
  const first = order.recordAt({ epoch: 2, place: 7 }, 0);
  expect(order.recordAt({ epoch: 2, place: 7 }, 3)).toBe((first + 3) % 10);
});
