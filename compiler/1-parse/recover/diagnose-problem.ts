import { type IToken, tokenMatcher } from "chevrotain";
import { nearestHint, quote } from "../../diagnostics/phrase.ts";
import { nearestNames } from "../../diagnostics/suggest.ts";
import { type Brackets, closerOf, unclosedOpener } from "../lex/brackets.ts";
import { endOf, placeOfToken } from "../lex/scan.ts";
import {
  entryWords,
  itemWords,
  Keyword,
  mappingWords,
  memberWords,
  Name,
  overrideWords,
  Reserved,
  sign,
  trialWords,
} from "../lex/tokens.ts";
import { refineExpectation } from "./expectations.ts";

/** Something unexpected, as the parser noticed it. */
interface Unexpected {
  /** Index of the token; the number of tokens at the end of the file. */
  readonly at: number;
  readonly expected: string;
  /** What a line should have begun with, where a new one was expected: "member", "statement". */
  readonly element: string | undefined;
  readonly rule: string | undefined;
}

/** What to say about it, by offsets. */
export type Diagnosis =
  | {
      readonly code: "line-break";
      readonly place: Place;
      readonly bracket: string;
      readonly owner: Place | undefined;
    }
  | { readonly code: "reserved-word"; readonly place: Place; readonly word: string }
  | {
      readonly code: "unclosed-bracket";
      readonly place: Place;
      readonly opener: string;
      readonly closer: string;
      readonly opened: Place;
    }
  | {
      readonly code: "syntax";
      readonly place: Place;
      readonly expected: string;
      readonly found: string;
      readonly hint: string | undefined;
    };
export interface Place {
  readonly start: number;
  readonly end: number;
}

/** Words with which what was expected could begin, for "did you mean". */
const beginnings: Readonly<Record<string, readonly string[]>> = {
  item: ["import", ...itemWords],
  member: ["axis", "let", ...memberWords],
  entry: ["axis", "let", ...entryWords],
  trial: trialWords,
  mapping: mappingWords,
  promise: ["axis", "fn"],
  step: ["step"],
  override: overrideWords,
};
const closingSigns = [sign.RightParen, sign.RightSquare, sign.RightCurly];

/** Finds out what is behind something unexpected: the bracket above, the name on this line, the word before. */
export class Diagnostician {
  readonly #tokens: readonly IToken[];
  readonly #brackets: Brackets;

  constructor(tokens: readonly IToken[], brackets: Brackets) {
    this.#tokens = tokens;
    this.#brackets = brackets;
  }

  diagnose(problem: Unexpected): Diagnosis {
    const token = this.#tokens[problem.at];
    const opener = this.#unclosedOpener(problem);
    if (opener !== undefined) return this.#unclosed(problem.at, opener);
    if (this.#isStrandedBracket(problem.at)) return this.lineBreak(problem.at);
    if (token !== undefined && this.#isReservedName(problem, token)) {
      return { code: "reserved-word", place: this.#place(problem.at), word: token.image };
    }
    return this.#syntax(problem, token);
  }

  lineBreak(at: number): Diagnosis {
    const owner = at > 0 ? this.#place(at - 1) : undefined;
    return { code: "line-break", place: this.#place(at), bracket: this.#image(at), owner };
  }

  /** An opening bracket at the start of a line, after something that it could have belonged to. */
  #isStrandedBracket(at: number): boolean {
    const [before, token] = [this.#tokens[at - 1], this.#tokens[at]];
    if (token === undefined || before === undefined || !startsLine(token)) return false;
    const ends = [...closingSigns, sign.Greater];
    const isEnd = tokenMatcher(before, Name) || ends.includes(before.tokenType);
    return isEnd && closerOf(token.tokenType) !== undefined;
  }

  #unclosed(at: number, opener: number): Diagnosis {
    const type = this.#tokens[opener]?.tokenType;
    const closer = (type && closerOf(type)?.LABEL) ?? quote(">");
    return {
      code: "unclosed-bracket",
      place: this.#endBefore(at),
      opener: this.#image(opener),
      closer: closer.replaceAll("`", ""),
      opened: this.#place(opener),
    };
  }

  #unclosedOpener({ at, expected }: Unexpected): number | undefined {
    if (expected === quote(">")) return this.#unclosedAngle(at);
    const closer = closingSigns.find(({ LABEL }) => LABEL === expected);
    if (closer !== undefined) return unclosedOpener(this.#brackets, this.#tokens, at, closer);
    const { end, isClosed } = this.#brackets;
    for (let index = at - 1; index >= 0; index -= 1) {
      const type = this.#tokens[index]?.tokenType;
      const isOpener = type !== undefined && closerOf(type) !== undefined;
      if (isOpener && end[index] === at && isClosed[index] !== 1) return index;
    }
    return undefined;
  }

  /** `<` is unclosed where nothing on the rest of the line could close it. */
  #unclosedAngle(at: number): number | undefined {
    for (let index = at; index < this.#tokens.length; index += 1) {
      const token = this.#tokens[index];
      if (token === undefined || startsLine(token)) break;
      if (token.tokenType === sign.Greater) return undefined;
    }
    for (let index = at - 1, depth = 0; index >= 0; index -= 1) {
      const type = this.#tokens[index]?.tokenType;
      if (type === sign.Greater) depth += 1;
      if (type === sign.Less && depth-- === 0) return index;
    }
    return undefined;
  }

  /** A reserved word in the middle of a line where a name or value is wanted, and not at the start of one. */
  #isReservedName(problem: Unexpected, token: IToken): boolean {
    if (!tokenMatcher(token, Reserved)) return false;
    const next = this.#tokens[problem.at + 1];
    const follows = next === undefined || startsLine(next) ? "" : next.image;
    const isAssigned = ["=", ":=", ":"].includes(follows);
    if (startsLine(token)) return isAssigned && token.image !== "axis";
    const expected = this.#refined(problem);
    if (/^(a name|a parameter)\b/.test(expected)) return true;
    const isValue = /^(a value|an argument)\b/.test(expected);
    return isValue && (isAssigned || ["", ")", "]", ",", "."].includes(follows));
  }

  #refined({ at, expected, rule }: Unexpected): string {
    return refineExpectation(expected, rule, this.#image(at - 1));
  }

  #syntax(problem: Unexpected, token: IToken | undefined): Diagnosis {
    const { at, element } = problem;
    const reread = this.#rereadWord(problem);
    if (reread !== undefined)
      return this.#unfinished(reread, `more after ${quote(this.#image(reread - 1))}`);
    const misplaced = this.#misplacedDeclaration(problem);
    if (misplaced !== undefined) {
      const hint = `${quote(this.#image(misplaced))} stands outside of a block`;
      return this.#wrong(misplaced, "a statement", hint);
    }
    const hint = this.#hintFor(problem);
    const expected = this.#refined(problem);
    if (element === undefined && startsLine(token)) return this.#unfinished(at, expected, hint);
    return this.#wrong(at, expected, hint);
  }

  #wrong(at: number, expected: string, hint?: string): Diagnosis {
    return {
      code: "syntax",
      place: this.#place(at),
      expected,
      found: inWords(this.#tokens[at], at === 0),
      hint,
    };
  }
  /** Something is missing at the end of the line before. */
  #unfinished(at: number, expected: string, hint?: string): Diagnosis {
    return {
      code: "syntax",
      place: this.#endBefore(at),
      expected,
      found: "the end of the line",
      hint,
    };
  }

  /** `steps` and nothing more: the word that begins the next entry was read as its value. */
  #rereadWord({ element, at }: Unexpected): number | undefined {
    const before = this.#tokens[at - 1];
    const isWord = before !== undefined && (beginnings[element ?? ""] ?? []).includes(before.image);
    return isWord && at > 1 && startsLine(before) ? at - 1 : undefined;
  }

  /** `state x: ...` in a block: two names in a row at the start of the line. */
  #misplacedDeclaration({ element, at }: Unexpected): number | undefined {
    if (element !== "statement") return undefined;
    let first = at;
    while (first > 0 && !startsLine(this.#tokens[first])) first -= 1;
    const [word, name] = [this.#tokens[first], this.#tokens[first + 1]];
    if (word === undefined || name === undefined || !tokenMatcher(word, Keyword)) return undefined;
    return tokenMatcher(name, Name) && !startsLine(name) ? first : undefined;
  }

  #hintFor({ element, expected, at, rule }: Unexpected): string | undefined {
    const text = this.#image(at);
    const words = element === undefined ? undefined : beginnings[element];
    if (words !== undefined) return nearestHint(nearestNames(text, words));
    if (text === "=" && expected === quote("{")) return "`==` compares";
    if (expected === quote(":") && rule === "storage") {
      return "the type stands after a colon: `param a: [D] = ...`";
    }
    if (expected === quote(":") && rule === "param") {
      return `the type stands after a colon: ${quote(`${this.#image(at - 1)}: [B, D]`)}`;
    }
    const operator = this.#image(at - 1);
    if (text === "=" && expected === "a value" && ["+", "-", "*", "/"].includes(operator))
      return `there is no \`${operator}=\`: write the whole value, as in \`x = x ${operator} 1.0\``;
    if (text === ":" && expected === quote("="))
      return "the type of a local is inferred: leave it out";
    const isListEnd = [")", "]", "}", ">"].includes(text) && this.#image(at - 1) === ",";
    return isListEnd ? "a list does not end in a comma" : undefined;
  }

  #image(at: number): string {
    return this.#tokens[at]?.image ?? "";
  }
  #place(at: number): Place {
    const token = this.#tokens[at];
    return token === undefined
      ? this.#endBefore(at)
      : { start: token.startOffset, end: endOf(token) };
  }
  /** The last character before a token. */
  #endBefore(at: number): Place {
    const before = this.#tokens[at - 1];
    const end = before === undefined ? 0 : endOf(before);
    return { start: Math.max(0, end - 1), end };
  }
}

function startsLine(token: IToken | undefined): boolean {
  return token !== undefined && placeOfToken(token)?.startsLine === true;
}

function inWords(token: IToken | undefined, isFirst: boolean): string {
  if (token === undefined) return "the end of the file";
  const word = quote(token.image);
  if (startsLine(token) && !isFirst) return `${word} on a new line`;
  return tokenMatcher(token, Reserved) ? `the word ${word}` : word;
}
