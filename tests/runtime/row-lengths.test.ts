import { describe, expect, test } from "vitest";
import type { InputSpec } from "../../compiler/artifact.ts";
import { lengthsOf, paddingNotes, withLengths } from "../../runtime/row-lengths.ts";
import type { Tensor } from "../../runtime/tensor.ts";

const shape = [
  { name: "B", size: 2 },
  { name: "N", size: 4 },
];

function specs(args: Readonly<Record<string, number>> = {}): readonly InputSpec[] {
  const counted = { name: "length", args: { of: "ids" } };
  const own = { element: "i32", tensor: 0 } as const;
  return [
    { ...own, name: "ids", shape, reader: { name: "text", args } },
    { ...own, name: "lengths", shape: shape.slice(0, 1), reader: counted },
  ];
}

const ids = (...rows: readonly (readonly number[])[]): Tensor => {
  return { element: "i32", shape: [2, 4], data: Int32Array.from(rows.flat()) };
};

describe("lengths of rows", () => {
  const counted = (tensor: Tensor, args = {}) => {
    const [of] = specs(args);
    return of && lengthsOf(of, tensor);
  };

  test("of ids alone: zeros at the end count as padding where something is padded", () => {
    expect(counted(ids([1, 0, 5, 7], [1, 6, 0, 0]))).toEqual([4, 2]);
    expect(counted(ids([1, 0, 5, 0], [1, 6, 0, 0]))).toEqual([4, 4]);
    expect(counted(ids([1, 0, 5, 0], [0, 0, 0, 0]), { length: 80 })).toEqual([3, 0]);
  });

  test("of a tensor that says them are what it says", () => {
    const told = { ...ids([1, 0, 5, 7], [1, 6, 0, 0]), lengths: [4, 3] };
    expect(counted(told)).toEqual([4, 3]);
    expect(paddingNotes(specs(), { ids: told })).toEqual([]);
  });

  test("are filled in, unless they are given", () => {
    const rows = ids([1, 0, 5, 7], [1, 6, 0, 0]);
    const found = withLengths(specs(), { ids: rows });
    expect(found.lengths).toMatchObject({ shape: [2], data: Int32Array.of(4, 2) });
    const lengths: Tensor = { element: "i32", shape: [2], data: Int32Array.of(1, 4) };
    expect(withLengths(specs(), { ids: rows, lengths }).lengths).toBe(lengths);
    expect(withLengths(specs(), {})).toEqual({});
  });

  test("that were guessed are told", () => {
    const rows = ids([1, 0, 5, 7], [1, 6, 0, 0]);
    expect(paddingNotes(specs(), { ids: rows })).toEqual([
      "`ids`: a row ends in zeros, taken for padding; `--in lengths=` says otherwise",
    ]);
    expect(paddingNotes(specs(), { ids: ids([1, 0, 5, 0], [1, 6, 0, 0]) })).toEqual([]);
  });

  test("beyond the row are a fault", () => {
    const lengths: Tensor = { element: "i32", shape: [2], data: Int32Array.of(1, 5) };
    const given = { ids: ids([1, 2, 3, 4], [1, 2, 3, 4]), lengths };
    expect(() => withLengths(specs(), given)).toThrow(
      expect.objectContaining({
        code: "length-outside",
        message: "`lengths` is 5 at [1], and a row of `ids` has 4 places",
      }),
    );
  });
});
