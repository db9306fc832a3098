import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { format } from "../../compiler/1-parse/format/format.ts";
import { scan } from "../../compiler/1-parse/lex/scan.ts";
import { DiagnosticSink } from "../../compiler/diagnostics/sink.ts";
import { outlineOf } from "../support/texts/syntax-outline.ts";
import { designSamples, weftTexts } from "../support/texts/weft-texts.ts";

// One seed, so that a failure is everybody's: other seeds are for trying by hand.
fc.configureGlobal({ seed: 20240 });

const own = weftTexts("stdlib", "models");
const width = 104;

function formatted(text: string): string {
  const sink = new DiagnosticSink();
  const result = format({ path: "test.weft", text }, sink);
  if (result === undefined)
    throw new Error(sink.diagnostics.map(({ message }) => message).join("\n"));
  return result;
}
function commentsOf(text: string): readonly string[] {
  const { comments } = scan({ path: "test.weft", text });
  return comments.map(({ image }) => image.trimEnd()).sort();
}
/** Comments that end up on one line are read as one the next time; these are their parts. */
function commentPartsOf(text: string): readonly string[] {
  return commentsOf(text)
    .flatMap((comment) => comment.split("//"))
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .sort();
}

/** What must hold of every file, however it was written. */
function expectFormatted(text: string): void {
  const once = formatted(text);
  expect(JSON.stringify(outlineOf(once))).toBe(JSON.stringify(outlineOf(text)));
  expect(commentPartsOf(once)).toEqual(commentPartsOf(text));
  expect(formatted(once)).toBe(once);
  expect(once).toMatch(/[^\n]\n$|^\n$/);
  expect(once).not.toMatch(/[ \t]\n|\n\n\n|\{\n\n|\n\n *\}/);
}

describe("files", () => {
  test.each(own)(
    "$path keeps its meaning and its comments, and is formatted once and for all",
    ({ text }) => {
      expectFormatted(text);
    },
  );
  test("every sample of the design too", (context) => {
    const samples = designSamples();
    if (samples === undefined) {
      console.log("skipped: ../shared/design/samples is not here");
      context.skip();
      return;
    }
    for (const { text } of samples) expectFormatted(text);
  });
  test("lines fit, where they can be broken", () => {
    const long = own
      .flatMap(({ text }) => formatted(text).split("\n"))
      .filter((line) => line.length > width);
    expect(long.filter((line) => !/^\s*\/\//.test(line))).toEqual([]);
  });
  test("what does not parse is not formatted, and the sink says why", () => {
    for (const text of ["module {", "fn f() -> [] {\n  a b\n}", "fn f() -> [] {\n  a < b < c\n}"]) {
      const sink = new DiagnosticSink();
      expect(format({ path: "test.weft", text }, sink)).toBeUndefined();
      expect(sink.diagnostics.length).toBe(1);
    }
  });
});

const long = "a_name_that_is_rather_long";
/** What is written, and what it becomes. */
const cases: readonly (readonly [name: string, written: string, becomes: string])[] = [
  ["nothing", "", "\n"],
  [
    "space between tokens",
    "module  M<D,E=3>( a:int=1 ){use b=C<D>( x:2 )\n}",
    "module M<D, E = 3>(a: int = 1) {\n  use b = C<D>(x: 2)\n}\n",
  ],
  [
    "imports by path, the standard library first, names as written",
    'import { z, a } from "./b"\nimport { c } from "std/y"\n\nimport { d } from "std/x"\nfn f() -> [] {\n  x\n}\n',
    'import { d } from "std/x"\nimport { c } from "std/y"\nimport { z, a } from "./b"\n\nfn f() -> [] {\n  x\n}\n',
  ],
  [
    "a heading without an empty line below it stays, where the import below it moves",
    '// The file,\n// in two lines.\nimport { b } from "./b"\n// Of a.\nimport { a } from "./a"\n',
    '// The file,\n// in two lines.\n\n// Of a.\nimport { a } from "./a"\nimport { b } from "./b"\n',
  ],
  [
    "a comment above an import that is the first goes on belonging to it",
    '// Of a.\nimport { a } from "./a"\nimport { b } from "./b"\n',
    '// Of a.\nimport { a } from "./a"\nimport { b } from "./b"\n',
  ],
  [
    "a comment of an import goes with it, the file's does not",
    '// The file.\n\n// Of b.\nimport { b } from "./b"\nimport { a } from "./a" // of a\n',
    '// The file.\n\nimport { a } from "./a" // of a\n// Of b.\nimport { b } from "./b"\n',
  ],
  [
    "one empty line around declarations with a block, at most one elsewhere",
    "module M {\n\n  axis A = 1\n\n\n  axis B = 2\n  fn f() -> [] {\n\n    x\n\n  }\n  fn g() -> [] {\n    x\n  }\n\n}\nmodel N = M()\nmodel O = M()",
    "module M {\n  axis A = 1\n\n  axis B = 2\n\n  fn f() -> [] {\n    x\n  }\n\n  fn g() -> [] {\n    x\n  }\n}\n\nmodel N = M()\nmodel O = M()\n",
  ],
  [
    "one line for short branches, loops and steps; never for the body of a fn",
    "fn f() -> [] { let y = if a {\n b\n } else {\n c\n }\n for i in 0..n {\n y = g(y)\n }\n y }",
    "fn f() -> [] {\n  let y = if a { b } else { c }\n  for i in 0..n { y = g(y) }\n  y\n}\n",
  ],
  [
    "several lines for all branches if one of them is long",
    `fn f() -> [] {\n  if a { b } else { ${long}(${long}) }\n}`,
    `fn f() -> [] {\n  if a {\n    b\n  } else {\n    ${long}(${long})\n  }\n}\n`,
  ],
  [
    "a list is filled between its brackets",
    `fn f() -> [] {\n  g(${long}, ${long}, ${long}, ${long})\n}`,
    `fn f() -> [] {\n  g(\n    ${long}, ${long}, ${long},\n    ${long}\n  )\n}\n`,
  ],
  [
    "the innermost list that has to",
    `fn f() -> [] {\n  g(a, h(${long}, ${long}, ${long}, ${long}, 1))\n}`,
    `fn f() -> [] {\n  g(\n    a,\n    h(\n      ${long}, ${long}, ${long},\n      ${long}, 1\n    )\n  )\n}\n`,
  ],
  [
    "a pipe breaks before its operators",
    `fn f() -> [] {\n  x |> ${long} |> ${long}{Y -> Row, Ky} |> ${long}(a) |> g\n}`,
    `fn f() -> [] {\n  x\n    |> ${long}\n    |> ${long}{Y -> Row, Ky}\n    |> ${long}(a)\n    |> g\n}\n`,
  ],
  [
    "a chain breaks at its weakest operators, and never before a minus",
    `fn f() -> [] {\n  let y = ${long} * a + ${long} - ${long} * b + ${long}\n  y\n}`,
    `fn f() -> [] {\n  let y = ${long} * a\n    + ${long} - ${long} * b\n    + ${long}\n  y\n}\n`,
  ],
  [
    "differences alone break after the minus",
    `fn f() -> [] {\n  ${long} - ${long} - ${long} - ${long}\n}`,
    `fn f() -> [] {\n  ${long} -\n    ${long} -\n    ${long} -\n    ${long}\n}\n`,
  ],
  [
    "`where` has its own line if the header and it do not fit on one",
    `fn f(x: [.., ${long}, ${long}]) -> [.., Long] where ${long} == 1 {\n  x\n}`,
    `fn f(x: [.., ${long}, ${long}]) -> [.., Long]\nwhere ${long} == 1 {\n  x\n}\n`,
  ],
  [
    "`where` stays on the line on which a broken header ends",
    `fn f(x: [.., ${long}], y: [.., ${long}], zed: [.., Longer]) -> [..] where A == 1, B == 2 {\n  x\n}`,
    `fn f(\n  x: [.., ${long}], y: [.., ${long}], zed: [.., Longer]\n) -> [..] where A == 1, B == 2 {\n  x\n}\n`,
  ],
  [
    "comments stay with what they stand at",
    "module M { // open\n  // first\n\n  // second\n  use a = B(1, // one\n    // two\n    2\n    // end\n  ) // a\n  // last\n}\n// file\n",
    "module M { // open\n  // first\n\n  // second\n  use a = B(\n    1, // one\n    // two\n    2\n    // end\n  ) // a\n  // last\n}\n\n// file\n",
  ],
  [
    "a comment where no line can break moves to the end of its line",
    "fn f() -> [] {\n  let // why\n    y = // what\n    // how\n    3\n  y\n}",
    "fn f() -> [] {\n  let y = 3 // why // what // how\n  y\n}\n",
  ],
  [
    "entries",
    'stage s of M(x: [B]){train a,b at lr 1e-3,layer_decay 0.9\nfreeze everything  else\nprecision compute bf16,master f32 for a\ndecay 0.1 for a,b except  c\ndata "x" weight 2.0,"y"\nema 0.9\nstart  "r"  for  a\nphase p until samples 3{steps 3}\nloss{x}}',
    'stage s of M(x: [B]) {\n  train a, b at lr 1e-3, layer_decay 0.9\n  freeze everything else\n  precision compute bf16, master f32 for a\n  decay 0.1 for a, b except c\n  data "x" weight 2.0, "y"\n  ema 0.9\n  start "r" for a\n  phase p until samples 3 {\n    steps 3\n  }\n  loss {\n    x\n  }\n}\n',
  ],
  [
    "experiments and weights",
    'experiment e of M{set a.b in[1,2]\nreplace c with D<1>()\nseeds 0..3\ncase one{data "x"}\nrun s.p for 3 steps}weights w of M{config "c"{a="b"}map a[*].*="b.*"\nignore "a","b"\nresample p over Row,Col with bicubic}',
    'experiment e of M {\n  set a.b in [1, 2]\n  replace c with D<1>()\n  seeds 0..3\n  case one {\n    data "x"\n  }\n  run s.p for 3 steps\n}\n\nweights w of M {\n  config "c" {\n    a = "b"\n  }\n  map a[*].* = "b.*"\n  ignore "a", "b"\n  resample p over Row, Col with bicubic\n}\n',
  ],
];

describe("the one style", () => {
  test.each(cases)("%s", (_name, written, becomes) => {
    expect(formatted(written)).toBe(becomes);
    expect(formatted(becomes)).toBe(becomes);
  });
});

/** Another way of writing the same tokens: new lines and comments wherever the grammar lets them stand. */
interface Rewriting {
  readonly file: number;
  readonly gaps: readonly { readonly at: number; readonly text: string }[];
  readonly longer: readonly { readonly at: number; readonly by: number }[];
}
const part = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const gapTexts = [
  "\n",
  "\n\n\n",
  " // after\n",
  "\n// own\n",
  "\n\n  // alone\n\n",
  "\n/// doc\n",
  "   ",
];
const rewriting: fc.Arbitrary<Rewriting> = fc.record({
  file: fc.integer({ min: 0, max: own.length - 1 }),
  gaps: fc.array(fc.record({ at: part, text: fc.constantFrom(...gapTexts) }), { maxLength: 40 }),
  longer: fc.array(fc.record({ at: part, by: fc.integer({ min: 1, max: 40 }) }), { maxLength: 6 }),
});

/** A new line before one of these would change what is meant (rule 3 of the grammar). */
const stuck = new Set(["(", "[", "{", "-"]);

function rewrite(text: string, { gaps, longer }: Rewriting): string {
  const { tokens } = scan({ path: "test.weft", text });
  const gapAt = new Map(gaps.map(({ at, text: gap }) => [Math.floor(at * tokens.length), gap]));
  const names = [
    ...new Set(
      tokens.filter((token) => token.tokenType.name === "Identifier").map(({ image }) => image),
    ),
  ];
  const suffixOf = new Map(
    longer.map(({ at, by }) => [names[Math.floor(at * names.length)], `_${"o".repeat(by)}`]),
  );
  let end = 0;
  const written = tokens.map((token, index) => {
    const between = text.slice(end, token.startOffset);
    end = token.startOffset + token.image.length;
    const gap = gapAt.get(index);
    const isFree = gap !== undefined && !between.includes("\n") && !stuck.has(token.image);
    return (isFree ? gap : between) + token.image + (suffixOf.get(token.image) ?? "");
  });
  return written.join("") + text.slice(end);
}

describe("however a file is written", () => {
  test("its meaning and comments are kept, in one form", () => {
    fc.assert(
      fc.property(rewriting, (how) => expectFormatted(rewrite(own[how.file]?.text ?? "", how))),
      { numRuns: 80 },
    );
  });
  test("without comments, the form depends on nothing but the tokens", () => {
    fc.assert(
      fc.property(rewriting, (how) => {
        const original = own[how.file]?.text ?? "";
        const gaps = how.gaps.map(({ at }) => ({ at, text: "\n" }));
        expect(formatted(rewrite(original, { ...how, gaps, longer: [] }))).toBe(
          formatted(original),
        );
      }),
      { numRuns: 40 },
    );
  });
});

describe("entries of experiments", () => {
  test("stand one on a line, as they were written", () => {
    const text = `experiment depths of Vit extends others {
  set depth in [1, 3]
  set drop in 1e-5 to 1e-1 log
  set width in 2 to 8
  pair {
    set Heads in [2, 4]
    replace mlp in [Mlp<D>(), SwiGlu<D>()]
  }
  case plain {
    set depth = 2
  }
  where depth * Heads < 8
  baseline plain
  baseline {
    set depth = 1
  }
  sample 20 by latin_hypercube(seed: 3)
  run learn.low for 2e15 flops
  run learn for 30 minutes
  run learn for 10 steps
  halve by 3 from 100 steps on top.top1
}

experiment deeper extends depths {
  set depth in [12]
}
`;
    expect(formatted(text)).toBe(text);
    expect(formatted(text.replaceAll(/\n +/g, "\n"))).toBe(text);
    expectFormatted(text);
  });
});
