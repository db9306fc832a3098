import type { IParserErrorMessageProvider } from "chevrotain";

/** What could have stood somewhere, in words of the language. */
const elements: Readonly<Record<string, string>> = {
  item: "`import`, `module`, `model`, `interface`, `fn`, `stage`, `experiment` or `weights`",
  member: "a member of the module or `}`",
  statement: "a statement or `}`",
  promise: "`axis`, `fn` or `}`",
  step: "`step` or `}`",
  entry: "an entry of the stage or `}`",
  trial: "an entry of the experiment or `}`",
  override: "`set`, `replace`, `data` or `}`",
  mapping: "an entry of the weights or `}`",
  configSetting: "a setting or `}`",
};

const choices: Readonly<Record<string, string>> = {
  primary: "a value",
  index: "a value or `*`",
  sizeAtom: "an axis or a size",
  typeAxis: "an axis or `..`",
  itemAxis: "an axis or `..`",
  pathStep: "a name or `*`",
  type: "a type",
  result: "a type",
  group: "a path or `everything else`",
  mode: "`(` or `{`",
  module: "`{`",
  ifElse: "`{` or `if`",
  setEntry: "`=` or `in`",
  replaceEntry: "`with` or `in`",
  experiment: "`of` or `extends`",
  baselineTrial: "the name of a case or `{`",
  runUnit: "`steps`, `minutes` or `flops`",
};

/** Rules in which a closing bracket is not the only thing that could follow: first, and further on. */
const endings: Readonly<Record<string, readonly [closer: string, first: string, later: string]>> = {
  args: ["`)`", "an argument or `)`", "`,` or `)`"],
  paramList: ["`)`", "a parameter or `)`", "`,` or `)`"],
  sizeAtom: ["`)`", "an axis", "`,` or `)`"],
  result: ["`)`", "a name", "`,` or `)`"],
  primary: ["`)`", "a value", "`,` or `)`"],
  typeList: ["`]`", "an axis or `]`", "`,` or `]`"],
  replaceEntry: ["`]`", "a part", "`,` or `]`"],
  braces: ["`}`", "an axis", "`,`, `->` or `}`"],
  import: ["`}`", "a name", "`,` or `}`"],
  formals: ["`>`", "a name", "`,` or `>`"],
  axesArg: ["`>`", "an axis", "`,` or `>`"],
};

export function elementInWords(element: string): string {
  return elements[element] ?? element;
}

/** The expectation in words; `expected` is one token, found missing in `rule` after `before`. */
export function refineExpectation(
  expected: string,
  rule: string | undefined,
  before: string,
): string {
  const [closer, first, later] = endings[rule ?? ""] ?? [];
  if (closer !== expected) return expected;
  return (["(", "[", "{", "<"].includes(before) ? first : later) ?? expected;
}

/** Chevrotain's messages reduced to what was expected; the whole sentence is made by the catalog. */
export const expectations: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected }) => expected.LABEL ?? expected.name,
  buildNoViableAltMessage: ({ ruleName }) => choices[ruleName] ?? elementInWords(ruleName),
  buildNotAllInputParsedMessage: () => elementInWords("item"),
  buildEarlyExitMessage: ({ ruleName }) => choices[ruleName] ?? elementInWords(ruleName),
};
