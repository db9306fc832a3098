import { type IRecognitionException, type IToken, tokenMatcher } from "chevrotain";
import { nearestHint, quote } from "../diagnostics/phrase.ts";
import type { DiagnosticSink, ReportOptions } from "../diagnostics/sink.ts";
import { nearestNames } from "../diagnostics/suggest.ts";
import type { SourceFile, Span } from "../source/source-file.ts";
import { type Brackets, closerOf, unclosedOpener } from "./brackets.ts";
import { elementInWords, refineExpectation } from "./expectations.ts";
import type { Problem } from "./recovering-parser.ts";
import { endOf, placeOfToken, type Scan } from "./scan.ts";
import {
  entryWords,
  itemWords,
  Keyword,
  mappingWords,
  memberWords,
  Name,
  Reserved,
  sign,
  trialWords,
} from "./tokens.ts";

/** Words with which what was expected could begin, for "did you mean". */
const beginnings: Readonly<Record<string, readonly string[]>> = {
  item: ["import", ...itemWords],
  member: ["axis", "let", ...memberWords],
  entry: ["axis", "let", ...entryWords],
  trial: trialWords,
  mapping: mappingWords,
  promise: ["axis", "fn"],
  step: ["step"],
  override: ["set", "replace", "data"],
};

interface Found {
  readonly at: number;
  readonly expected: string;
  readonly element: string | undefined;
  readonly rule: string | undefined;
  readonly isLineBreak: boolean;
}

/** Puts what the parser noticed into diagnostics: one per line at most, since a second one is the first one's echo. */
export class ProblemReport {
  readonly #file: SourceFile;
  readonly #sink: DiagnosticSink;
  readonly #tokens: readonly IToken[];
  readonly #brackets: Brackets;
  /** Lines about which something has been said. */
  readonly lines = new Set<number>();
  readonly #reportedOpeners = new Set<number>();

  constructor(file: SourceFile, sink: DiagnosticSink, scan: Scan, brackets: Brackets) {
    this.#file = file;
    this.#sink = sink;
    this.#tokens = scan.tokens;
    this.#brackets = brackets;
    for (const stray of scan.strays) this.lines.add(stray.line);
  }

  report(problems: readonly Problem[], errors: readonly IRecognitionException[]): void {
    const all: Found[] = [
      ...problems.map(({ kind, at, expected, ruleStack }) => ({
        at,
        expected: elementInWords(expected),
        element: expected,
        rule: ruleStack.at(-1),
        isLineBreak: kind === "lineBreak",
      })),
      ...errors.map((error) => ({
        at: placeOfToken(error.token)?.index ?? this.#tokens.length,
        expected: error.message,
        element: undefined,
        rule: error.context.ruleStack.at(-1),
        isLineBreak: false,
      })),
    ];
    all.sort((a, b) => a.at - b.at);
    for (const found of all) this.#reportOne(found);
  }

  #reportOne(found: Found): void {
    const token = this.#tokens[found.at];
    const unclosed = found.isLineBreak ? undefined : this.#unclosedOpener(found);
    if (unclosed !== undefined) this.#reportUnclosed(found, unclosed);
    else if (!this.#isFirstOnLine(token)) return;
    else if (found.isLineBreak || this.#isStrandedBracket(token)) this.#reportLineBreak(found.at);
    else if (this.#isReservedName(found, token)) {
      this.#sink.report("reserved-word", this.#spanAt(found.at), { word: token?.image ?? "" });
    } else this.#reportSyntax(found, token);
  }

  /** The first problem of its line; the end of the file is a line of its own. */
  #isFirstOnLine(token: IToken | undefined): boolean {
    const line = token?.startLine ?? Number.POSITIVE_INFINITY;
    if (this.lines.has(line)) return false;
    this.lines.add(line);
    return true;
  }

  #reportLineBreak(at: number): void {
    const before = this.#tokens[at - 1];
    this.#sink.report(
      "line-break",
      this.#spanAt(at),
      { bracket: this.#tokens[at]?.image ?? "" },
      before === undefined
        ? {}
        : { related: [{ span: this.#spanOf(before), text: "belongs here, on the same line" }] },
    );
  }

  /** An opening bracket at the start of a line, after something that it could have belonged to. */
  #isStrandedBracket(token: IToken | undefined): boolean {
    if (token === undefined || !startsLine(token)) return false;
    const before = this.#tokens[(placeOfToken(token)?.index ?? 0) - 1];
    const isEnd =
      before !== undefined &&
      (tokenMatcher(before, Name) ||
        [sign.RightParen, sign.RightSquare, sign.RightCurly, sign.Greater].includes(
          before.tokenType,
        ));
    return isEnd && closerOf(token.tokenType) !== undefined;
  }

  #reportUnclosed({ at, expected }: Found, opener: number): void {
    const token = this.#tokens[opener];
    const before = this.#tokens[at - 1] ?? token;
    if (token === undefined || before === undefined || this.#reportedOpeners.has(opener)) return;
    this.#reportedOpeners.add(opener);
    if (!this.#isFirstOnLine(before)) return;
    const next = this.#tokens[at];
    if (next?.startLine === before.startLine || next === undefined) this.#isFirstOnLine(next);
    this.#sink.report(
      "unclosed-bracket",
      { file: this.#file, start: endOf(before) - 1, end: endOf(before) },
      { opener: token.image, closer: expected.replaceAll("`", "") },
      {
        label: `expected ${expected} after this`,
        related: [{ span: this.#spanOf(token), text: "opened here" }],
      },
    );
  }

  #unclosedOpener({ at, expected }: Found): number | undefined {
    if (expected === quote(">")) return this.#unclosedAngle(at);
    const closer = [sign.RightParen, sign.RightSquare, sign.RightCurly].find(
      ({ LABEL }) => LABEL === expected,
    );
    return closer && unclosedOpener(this.#brackets, this.#tokens, at, closer);
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
  #isReservedName(found: Found, token: IToken | undefined): boolean {
    if (token === undefined || !tokenMatcher(token, Reserved)) return false;
    const next = this.#tokens[(placeOfToken(token)?.index ?? 0) + 1];
    const follows = next === undefined || startsLine(next) ? "" : next.image;
    const isAssigned = ["=", ":=", ":"].includes(follows);
    if (startsLine(token)) return isAssigned && token.image !== "axis";
    const refined = this.#refined(found);
    if (/^(a name|a parameter)\b/.test(refined)) return true;
    return (
      /^(a value|an argument)\b/.test(refined) &&
      (isAssigned || ["", ")", "]", ",", "."].includes(follows))
    );
  }

  #refined({ at, expected, rule }: Found): string {
    return refineExpectation(expected, rule, this.#tokens[at - 1]?.image ?? "");
  }

  #reportSyntax(found: Found, token: IToken | undefined): void {
    const unfinished = this.#unfinishedLine(found);
    const misplaced = this.#misplacedDeclaration(found);
    if (unfinished !== undefined) {
      const word = this.#tokens[unfinished - 1]?.image ?? "";
      this.#reportAt(unfinished, `more after ${quote(word)}`);
    } else if (misplaced !== undefined) {
      const hint = `${quote(this.#tokens[misplaced]?.image ?? "")} stands outside of a block`;
      this.#reportAt(misplaced, "a statement", hint);
    } else {
      this.#reportAt(found.at, this.#refined(found), this.#hintFor(found, token));
    }
  }

  #reportAt(at: number, expected: string, hint?: string): void {
    const options: ReportOptions = hint === undefined ? {} : { hint };
    this.#sink.report(
      "syntax",
      this.#spanAt(at),
      { expected, found: inWords(this.#tokens[at]) },
      options,
    );
  }

  /** `steps` and nothing more: the word that begins the next entry was read as its value. */
  #unfinishedLine({ element, at }: Found): number | undefined {
    const before = this.#tokens[at - 1];
    const isWord = before !== undefined && (beginnings[element ?? ""] ?? []).includes(before.image);
    return isWord && at > 1 && startsLine(before) ? at - 1 : undefined;
  }

  /** `state x: ...` in a block: two names in a row at the start of the line. */
  #misplacedDeclaration({ element, at }: Found): number | undefined {
    if (element !== "statement") return undefined;
    let first = at;
    while (first > 0 && !startsLine(this.#tokens[first])) first -= 1;
    const [word, name] = [this.#tokens[first], this.#tokens[first + 1]];
    if (word === undefined || name === undefined || !tokenMatcher(word, Keyword)) return undefined;
    return tokenMatcher(name, Name) && !startsLine(name) ? first : undefined;
  }

  #hintFor({ element, expected, at, rule }: Found, token: IToken | undefined): string | undefined {
    const text = token?.image ?? "";
    if (element !== undefined && beginnings[element] !== undefined) {
      return nearestHint(nearestNames(text, beginnings[element]));
    }
    if (text === "=" && expected === quote("{")) return "`==` compares";
    if (text === ":" && expected === quote("="))
      return "the type of a local is inferred: leave it out";
    if (rule === "storage" && expected === quote(":"))
      return "the type stands after a colon: `param a: [D] = ...`";
    const before = this.#tokens[at - 1]?.image;
    if ([")", "]", "}", ">"].includes(text) && before === ",")
      return "a list does not end in a comma";
    return undefined;
  }

  #spanAt(at: number): Span {
    const token = this.#tokens[at];
    if (token !== undefined) return this.#spanOf(token);
    const last = this.#tokens.at(-1);
    const end = last === undefined ? 0 : endOf(last);
    return { file: this.#file, start: Math.max(0, end - 1), end };
  }
  #spanOf(token: IToken): Span {
    return { file: this.#file, start: token.startOffset, end: endOf(token) };
  }
}

function startsLine(token: IToken | undefined): boolean {
  return token !== undefined && placeOfToken(token)?.startsLine === true;
}

function inWords(token: IToken | undefined): string {
  if (token === undefined) return "the end of the file";
  const word = quote(token.image);
  if (startsLine(token)) return `${word} on a new line`;
  return tokenMatcher(token, Reserved) ? `the word ${word}` : word;
}
