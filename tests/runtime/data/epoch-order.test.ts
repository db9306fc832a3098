import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KeyOrder, shuffledOrder } from "../../../runtime/data/order/epoch-order.ts";
import type { KeyGroups } from "../../../runtime/data/order/key-groups.ts";
import { placeOfSample } from "../../../runtime/data/order/sample-order.ts";

/** Records of keys that have so many each, dealt out in turn. */
function groupsOf(counts: readonly number[], each = 1): KeyGroups {
  const starts = Int32Array.from([0, ...counts.map((_, key) => sum(counts.slice(0, key + 1)))]);
  const records = counts.flatMap((count, key) =>
    Array.from({ length: count }, (_, n) => ({ key, n })),
  );
  const dealt = records.toSorted((one, other) => one.n - other.n || one.key - other.key);
  const members = records.map((record) => dealt.indexOf(record));
  return { members: Int32Array.from(members), starts, each };
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
        const order = new KeyOrder(groups, batch, seed);
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
    const order = new KeyOrder(groupsOf(counts), 8, 5);
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
      const order = new KeyOrder(groups, 10, 9);
      return Array.from({ length: 40 }, (_, place) => order.recordAt({ epoch, place }, 0)).join();
    });
    expect(new Set(epochs).size).toBe(3);
    const order = new KeyOrder(groups, 10, 9);
    const mixed = [2, 0, 1].map((epoch) => order.recordAt({ epoch, place: 3 }, 0));
    expect([mixed[1], mixed[2], mixed[0]].map(String)).toEqual(
      epochs.map((epoch) => epoch.split(",")[3]),
    );
  });

  test("a bad record gives way to another of its key, and then to the next by number", () => {
    const groups = groupsOf([2, 1, 1, 1]);
    const keys = keysOf(groups);
    const order = new KeyOrder(groups, 2, 3);
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

describe("batches with several samples of each key", () => {
  test("have them behind each other and no more, over the ends of epochs too", () => {
    const sizes = fc
      .record({ keys: fc.integer({ min: 1, max: 6 }), each: fc.integer({ min: 1, max: 4 }) })
      .chain(({ keys, each }) => {
        const counts = fc.array(fc.integer({ min: 1, max: 5 }), {
          minLength: Math.max(keys, 3 * (keys - 1)),
          maxLength: 30,
        });
        return fc.tuple(fc.constant({ keys, each }), counts, fc.nat());
      });
    fc.assert(
      fc.property(sizes, ([{ keys, each }, counts, seed]) => {
        const groups = groupsOf(counts, each);
        const order = new KeyOrder(groups, keys * each, seed);
        expect(order.size).toBe(each * counts.length);
        const own = keysOf(groups);
        const records = Array.from({ length: 4 * order.size }, (_, sample) =>
          order.recordAt(placeOfSample(sample, order.size), 0),
        );
        const turns = Array.from({ length: 4 * counts.length }, (_, turn) => {
          const alike = records.slice(turn * each, (turn + 1) * each);
          const key = own[alike[0] ?? 0] ?? 0;
          expect(new Set(alike.map((record) => own[record]))).toEqual(new Set([key]));
          expect(new Set(alike).size).toBe(Math.min(each, counts[key] ?? 0));
          return key;
        });
        for (let first = 0; first + keys <= turns.length; first++)
          expect(new Set(turns.slice(first, first + keys)).size).toBe(keys);
      }),
      { numRuns: 60 },
    );
  });

  test("show the records of a key equally often, and each beside each other one", () => {
    const groups = groupsOf([...Array.from({ length: 20 }, () => 3), 4], 2);
    const order = new KeyOrder(groups, 8, 5);
    const [times, pairs] = [new Map<number, number>(), new Set<string>()];
    for (let turn = 0; turn < 24 * 21; turn++) {
      const pair = [0, 1].map((n) => order.recordAt(placeOfSample(2 * turn + n, order.size), 0));
      for (const record of pair) times.set(record, (times.get(record) ?? 0) + 1);
      pairs.add(pair.toSorted((a, b) => a - b).join());
    }
    const keys = keysOf(groups);
    for (const [record, count] of times) expect(count).toBe(keys[record] === 20 ? 12 : 16);
    expect(pairs.size).toBe(20 * 3 + 6);
  });
});

test("elsewhere the next by number takes the place of a bad one", () => {
  const order = shuffledOrder(10, 4);
  const first = order.recordAt({ epoch: 2, place: 7 }, 0);
  expect(order.recordAt({ epoch: 2, place: 7 }, 3)).toBe((first + 3) % 10);
});
