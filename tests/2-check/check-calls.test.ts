import { describe, expect, test } from "vitest";
import { checkText, codesOf, typesOf } from "../support/texts/check-text.ts";

describe("binding a call", () => {
  const linear = 'import { Linear } from "std/layers"\n';

  test("known axes are taken by identity, whatever their place", () => {
    const text = `${linear}module M<D, E> {
  use proj = Linear<D, E>()
  fn forward(x: [D, B]) -> [B, E] {
    let y = proj(x)
    y
  }
}`;
    expect(typesOf(text)).toEqual(["y: [B, E]"]);
  });

  test("an open name binds to the axis of its name, else in order from the side without dots", () => {
    const text = `fn first(x: [N, ..]) -> [N] {
  sum{..}(x)
}
fn last(x: [.., N]) -> [N] {
  sum{..}(x)
}
fn use_both(a: [P, Q, R], b: [P, N, R]) -> [P] {
  let one = first(a)
  let two = last(a)
  let three = last(b)
  one
}`;
    expect(typesOf(text)).toEqual(["one: [P]", "two: [R]", "three: [N]"]);
  });

  test("dots of the result are those of all arguments together", () => {
    const text = `fn mix(a: [..], b: [..]) -> [..] {
  a * b
}
fn f(x: [B, N], y: [N, C]) -> [B, N, C] {
  let z = mix(x, y)
  z
}`;
    expect(typesOf(text)).toEqual(["z: [B, N, C]"]);
  });

  test("an axis that the braces name is no further axis", () => {
    const text = `import { attention } from "std/functions"
fn f(q: [N, Head], k: [M, Head], mask: bool[N, M]) -> [N, Head] {
  let y = attention{M, Head}(q, k, k, mask)
  y
}`;
    expect(typesOf(text)).toEqual(["y: [N, Head]"]);
  });

  test("one axis may go in and come out", () => {
    const text = `${linear}module M<D> {
  use proj = Linear<D, D>()
  fn forward(x: [B, D]) -> [B, D] { proj(x) }
}`;
    expect(codesOf(text)).toEqual([]);
  });

  test("a result in which two axes would become one is an error at the call", () => {
    const text = `${linear}module M<D, E> {
  use proj = Linear<D, E>()
  fn forward(x: [E, D]) -> [E] { proj(x) }
}`;
    expect(checkText(text).found).toEqual(["duplicate-axis 4:34"]);
  });

  test("a part that was given a size owns its axis", () => {
    const text = `${linear}module M<D> {
  use fc1 = Linear<D, 4 * D>()
  use fc2 = Linear<fc1.Out, D>()
  fn forward(x: [.., D]) -> [.., D] {
    let hidden = fc1(x)
    fc2(hidden)
  }
}`;
    expect(typesOf(text)).toEqual(["hidden: [.., fc1.Out]"]);
  });

  test("a formal bound to a product takes all its axes", () => {
    const text = `${linear}module M<D, H, K> {
  use split_heads = Linear<D, (H, K)>()
  use join_heads = Linear<(H, K), D>()
  fn forward(x: [N, D]) -> [N, D] {
    let heads = split_heads(x)
    join_heads(heads)
  }
}`;
    expect(typesOf(text)).toEqual(["heads: [N, H, K]"]);
  });

  test("another axis of equal size is told as such", () => {
    const { sink } = checkText(`${linear}module M<D> {
  axis E = D
  use proj = Linear<D, D>()
  fn forward(x: [B, E]) -> [B, D] { proj(x) }
}`);
    const [only, ...more] = sink.diagnostics;
    expect(more).toEqual([]);
    expect(only?.code).toBe("axis-mismatch");
    expect(only?.message).toBe("`proj` needs axis `D`, but gets `E` (D)");
    expect(only?.notes).toEqual(["axes of equal size are still different axes"]);
    expect(only?.related.map((one) => one.text)).toContain("`E` is D by this");
  });

  test("a size of the signature is held against the argument's, with numbers", () => {
    const { sink } = checkText(`fn twice(x: [N], y: [M = 2 * N]) -> [] {
  sum{N}(x) + sum{M}(y)
}
fn f(x: [N]) -> [] {
  axis M = N + 2
  twice(x, expand{M}(1.0))
}`);
    const [only] = sink.diagnostics;
    expect(only?.code).toBe("size-mismatch");
    expect(only?.notes.join(" ")).toMatch(/N = 3.* 5.* 6/);
  });
});

describe("element types", () => {
  test("a free fn is written once for the working float and for f32", () => {
    const text = `import { gelu, lerp } from "std/functions"
fn f(x: f32[N], y: [N]) -> f32[N] {
  let wide = gelu(x)
  let narrow = gelu(y)
  let mixed = lerp(x, y, 0.5)
  wide + mixed
}`;
    expect(typesOf(text)).toEqual(["wide: f32[N]", "narrow: [N]", "mixed: f32[N]"]);
  });

  test("a part has one type", () => {
    const text = `import { RmsNorm } from "std/layers"
module M<D> {
  use norm = RmsNorm<D>()
  fn forward(x: f32[D]) -> [D] { norm(x) }
}`;
    expect(checkText(text).found).toEqual(["implicit-conversion 4:39"]);
  });

  test.each([
    ["fn f(x: f32[N]) -> [N] { x }", "implicit-conversion 1:26"],
    ["fn f(x: i32[N]) -> [N] { x }", "implicit-conversion 1:26"],
    ["fn f(x: bool[N]) -> [N] { x }", "dtype-mismatch 1:27"],
    ["fn f(x: i32[N]) -> [N] { 0.5 * x }", "dtype-mismatch 1:26"],
  ])("%s", (text, found) => {
    expect(checkText(text).found).toEqual([found]);
  });
});

describe("axes", () => {
  test("a twin has the segments of what it is a twin of", () => {
    const text = `fn f(q: [Query, D], t: [Text, D]) -> [Query, D] {
  axis Seq = Query ++ Text
  axis Key = Seq
  let x = concat{Seq}(q, t)
  let back = take{Key: Query}(rename{Seq -> Key}(x))
  back
}`;
    expect(typesOf(text)).toEqual(["x: [Seq, D]", "back: [Query, D]"]);
  });

  test("two joins of one list are one axis", () => {
    const text = `fn f(a: [A], b: [B]) -> [A ++ B] {
  axis Both = A ++ B
  concat{Both}(a, b)
}`;
    expect(codesOf(text)).toEqual([]);
  });

  test("a product stands for its axes", () => {
    const text = `module M<Row, Col> {
  axis Patch = (Row, Col)
  fn f(x: [B, Patch]) -> [B, Row, Col] {
    let y = sum{Patch}(x)
    x
  }
}`;
    expect(typesOf(text)).toEqual(["y: [B]"]);
  });

  test("a fact makes a division exact, in the module and in its parts", () => {
    const text = `module Inner<D, H> where D % H == 0 {
  axis K = D / H
  fn forward(x: [.., D]) -> [.., H, K] { split{D -> H, K}(x) }
}
module Outer<D, H> {
  use inner = Inner<D, H>()
  fn forward(x: [D]) -> [H, inner.K] { inner(x) }
}`;
    expect(codesOf(text)).toEqual([]);
  });

  test.each([
    ["module M<D, H> { axis K = D / H }", "inexact-division 1:27"],
    ["fn f(x: [N]) -> [N] { sum{M}(x) }", "unknown-axis 1:27"],
    ["fn f(x: [N]) -> [M] { x }", "unbound-axis 1:18"],
    ["fn f(x: [N, 4]) -> [N] { x }", "unbound-axis 1:13"],
    ["fn f(x: [N, M]) -> [N] { x }", "extra-axis 1:26"],
    ["fn f(x: [N], y: [M]) -> [N, M] { x }", "missing-axis 1:34"],
    ["fn f(x: [N], y: [M]) -> [M] { x }", "axis-mismatch 1:31"],
  ])("%s", (text, found) => {
    expect(checkText(text).found).toEqual([found]);
  });
});
