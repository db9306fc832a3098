import { type IToken, type TokenType, tokenMatcher } from "chevrotain";
import {
  entryWords,
  itemWords,
  literal,
  mappingWords,
  memberWords,
  Name,
  overrideWords,
  reserved,
  sign,
  trialWords,
  word,
} from "../lex/tokens.ts";

function startersOf(
  words: readonly (keyof typeof word)[],
  more: readonly TokenType[],
): ReadonlySet<TokenType> {
  return new Set([...words.map((name) => word[name]), ...more]);
}

/** Where parsing can go on after an error, by the rule in which it happened: a line that starts like this. */
const starters: Readonly<Record<string, ReadonlySet<TokenType>>> = {
  item: startersOf([...itemWords, "import"], []),
  member: startersOf(memberWords, [reserved.axis, reserved.let]),
  promise: startersOf(["fn"], [reserved.axis]),
  step: startersOf(["step"], []),
  entry: startersOf(entryWords, [reserved.axis, reserved.let]),
  trial: startersOf(trialWords, []),
  mapping: startersOf(mappingWords, []),
  override: startersOf(overrideWords, []),
};
const statementStarters = new Set<TokenType>([
  ...[reserved.let, reserved.for, reserved.axis, reserved.if, reserved.not, reserved.none],
  ...[reserved.true, reserved.false, sign.Minus, sign.LeftParen, sign.LeftSquare],
  ...[literal.Int, literal.Float, literal.String],
]);

/** The rules that are one repetition between curly brackets (or the file), and what they repeat. */
export const repeated: Readonly<Record<string, string>> = {
  file: "item",
  block: "statement",
  members: "member",
  promises: "promise",
  steps: "step",
  entries: "entry",
  trials: "trial",
  mappings: "mapping",
  overrides: "override",
  settings: "configSetting",
};

export const elements = new Set(Object.values(repeated));

/** The rules that are all of what stands between two brackets. */
export const lists = new Set([
  "params",
  "parts",
  "arguments",
  "braceItems",
  "typeAxes",
  "results",
  "values",
  "sizes",
  "index",
]);

/** Can parsing of `element` go on at `token`, which starts its line? */
export function canStart(element: string, token: IToken): boolean {
  const known = starters[element];
  if (known !== undefined) return known.has(token.tokenType);
  return (
    tokenMatcher(token, Name) || (element === "statement" && statementStarters.has(token.tokenType))
  );
}

/** Does `token` begin an element of a kind that always begins with a keyword? */
export function isKeywordOf(element: string, token: IToken): boolean {
  return starters[element]?.has(token.tokenType) === true;
}
