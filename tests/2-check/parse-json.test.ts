import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseJson } from "../../compiler/2-check/weights/parse-json.ts";

describe("a configuration is JSON as Python writes it", () => {
  test("with a byte order mark, and with numbers that JSON lacks", () => {
    const text =
      '\uFEFF{ "a": Infinity, "b": [-Infinity, NaN], "c": "NaN and \\"Infinity\\"", "d": 4 }';
    expect(parseJson(text)).toEqual({
      kind: "json",
      value: {
        a: Number.POSITIVE_INFINITY,
        b: [Number.NEGATIVE_INFINITY, null],
        c: 'NaN and "Infinity"',
        d: 4,
      },
    });
  });

  test("whatever JSON says is what it says here", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(parseJson(text)).toEqual({ kind: "json", value: JSON.parse(text) });
      }),
    );
  });

  test.each([
    ["", "the end", 1, 1],
    ["{", "the end", 1, 2],
    ['{\n  "a": 4,\n  "b": four\n}', "`four`", 3, 8],
    ['{ "a": 1 "b": 2 }', '`"`', 1, 10],
    ['{ "a": 1, }', "`}`", 1, 11],
    ["[1, 2]]", "`]`", 1, 7],
    ["[01]", "`01`", 1, 2],
    ["[Infinityx]", "`Infinityx`", 1, 2],
    ["{ a: 1 }", "`a`", 1, 3],
    ['{ "a": "open', '`"`', 1, 8],
  ])("%j is not, and where", (text, found, line, column) => {
    expect(parseJson(text)).toEqual({ kind: "broken", found, line, column });
  });

  test("a place is found in whatever is not", () => {
    fc.assert(
      fc.property(
        fc.json(),
        fc.nat(),
        fc.constantFrom("x", "}", ",", '"', "\\"),
        (text, at, more) => {
          const place = at % (text.length + 1);
          const parsed = parseJson(text.slice(0, place) + more + text.slice(place));
          if (parsed.kind === "json") return;
          expect(parsed.line).toBe(1);
          expect(parsed.column).toBeLessThanOrEqual(text.length + 2);
        },
      ),
    );
  });
});
