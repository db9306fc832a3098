import {
  type CstNode,
  CstParser,
  EOF,
  type IToken,
  type ParserMethod,
  type TokenType,
} from "chevrotain";
import { type Brackets, matchBrackets, unclosedOpener } from "../lex/brackets.ts";
import { placeOfToken } from "../lex/scan.ts";
import { sign, vocabulary } from "../lex/tokens.ts";
import { expectations } from "./expectations.ts";
import { canStart, elements, isKeywordOf, lists, repeated } from "./resume-points.ts";

/** A place where the text is not in the language, before it is put into words. */
export interface Problem {
  readonly kind: "unexpected" | "lineBreak";
  /** Index of the token at which it was noticed; the number of tokens at the end of the file. */
  readonly at: number;
  /** What a new line should have begun with: "member"; the bracket of a line break. */
  readonly element: string;
  readonly ruleStack: readonly string[];
}

export interface ParserOptions {
  /** Has chevrotain check the grammar itself, which costs start-up time. */
  readonly validates?: boolean;
  /** Without it, parsing ends with the first error. */
  readonly recovers?: boolean;
}

export type Rule<Arguments extends unknown[] = []> = ParserMethod<Arguments, CstNode>;

/**
 * How the parser goes on after an error. Chevrotain's own way looks at follow sets, in which a language
 * whose keywords are names finds a name at every turn; here lines and brackets decide: what is wrong between
 * two brackets is skipped to the second one, what is wrong in a statement or declaration to the next.
 * The methods that replace chevrotain's (checked with 11.2) have its names.
 */
export abstract class RecoveringParser extends CstParser {
  problems: Problem[] = [];
  protected brackets: Brackets = matchBrackets([]);
  /** First token of every rule in progress that may recover, by depth. */
  #starts: number[] = [];
  #count = 0;
  /** Tokens to which recovery has gone back, each of them once. */
  #rereads = new Set<number>();

  declare protected readonly RULE_STACK_IDX: number;
  declare protected readonly getCurrRuleFullName: () => string;
  declare protected readonly getHumanReadableRuleStack: () => string[];
  declare protected readonly consumeToken: () => void;
  /** Sets the index of the token that was read last. */
  declare protected readonly importLexerState: (index: number) => void;

  constructor({ validates = false, recovers = true }: ParserOptions) {
    super(vocabulary, {
      recoveryEnabled: recovers,
      maxLookahead: 1,
      skipValidations: !validates,
      nodeLocationTracking: "onlyOffset",
      errorMessageProvider: expectations,
    });
  }

  protected start(tokens: readonly IToken[]): void {
    this.input = [...tokens];
    this.#count = tokens.length;
    this.problems = [];
    this.#starts = [];
    this.#rereads = new Set();
    this.brackets = matchBrackets(tokens);
  }

  /** A rule that knows where it began. */
  protected rule<Arguments extends unknown[]>(
    name: string,
    implementation: (...args: Arguments) => void,
  ): Rule<Arguments> {
    const marked = (...args: Arguments): void => {
      this.ACTION(() => {
        this.#starts[this.RULE_STACK_IDX] = this.at;
      });
      implementation(...args);
    };
    return this.RULE(name, marked);
  }

  /** Index of the next token. */
  protected get at(): number {
    return placeOfToken(this.LA(1))?.index ?? this.#count;
  }

  protected next(type: TokenType, ahead = 1): boolean {
    return this.LA(ahead).tokenType === type;
  }
  protected startsLine(): boolean {
    return placeOfToken(this.LA(1))?.startsLine === true;
  }

  /** Rule 3 of the grammar, where a bracket on a new line can mean nothing else: read it, and say so. */
  protected sameLine(...brackets: readonly TokenType[]): void {
    this.ACTION(() => {
      if (this.startsLine() && brackets.includes(this.LA(1).tokenType))
        this.#note("lineBreak", this.LA(1).image);
    });
  }

  /** Is the repetition that is in progress still inside its brackets? */
  protected isInside(): boolean {
    return this.at < this.#endOfHome(this.#startOfRule());
  }

  #startOfRule(): number {
    return this.#starts[this.RULE_STACK_IDX] ?? 0;
  }
  #endOfHome(opener: number): number {
    return this.getCurrRuleFullName() === "file" ? this.#count : (this.brackets.end[opener] ?? 0);
  }

  #note(kind: Problem["kind"], element: string): void {
    this.problems.push({ kind, at: this.at, element, ruleStack: this.getHumanReadableRuleStack() });
  }

  protected shouldInRepetitionRecoveryBeTried(
    expected: TokenType,
    _occurrence: number,
    notStuck: boolean | undefined,
  ): boolean {
    const isRepetition = repeated[this.getCurrRuleFullName()] !== undefined;
    return isRepetition && notStuck !== false && !this.next(expected) && this.isInside();
  }

  protected tryInRepetitionRecovery(
    repetition: (...args: unknown[]) => unknown,
    args: unknown[],
    canRepeat: () => boolean,
  ): void {
    const rule = this.getCurrRuleFullName();
    const element = repeated[rule] ?? rule;
    this.#note("unexpected", element);
    const opener = rule === "file" ? -1 : this.#startOfRule();
    const from = this.#rereads.has(this.at - 1) ? this.at : this.at - 1;
    this.#rereads.add(this.at - 1);
    this.#moveTo(this.#nextStart(element, opener, from));
    if (canRepeat.call(this)) repetition.apply(this, args);
  }

  /**
   * The next line inside `opener` that starts like `element`, or where the bracket ends. The search begins with
   * the token before the error: the first word of a line may have been read as the end of the line above.
   */
  #nextStart(element: string, opener: number, from: number): number {
    const { home, end } = this.brackets;
    const last = opener < 0 ? this.#count : (end[opener] ?? 0);
    for (let index = Math.max(from, 0); index < last; index += 1) {
      const token = this.input[index];
      if (token === undefined || home[index] !== opener || !placeOfToken(token)?.startsLine)
        continue;
      if (index < this.at ? isKeywordOf(element, token) : canStart(element, token)) return index;
    }
    return last;
  }

  #moveTo(index: number): void {
    this.importLexerState(index - 1);
  }

  // Recovery of a whole rule: chevrotain asks for a token type to skip to; the answer here is a place.
  protected findReSyncTokenType(): TokenType {
    return EOF;
  }
  protected isInCurrentRuleReSyncSet(): boolean {
    return this.#placeToResume() !== undefined;
  }
  protected reSyncTo(): IToken[] {
    this.#moveTo(this.#placeToResume() ?? this.at);
    return [];
  }

  #placeToResume(): number | undefined {
    const rule = this.getCurrRuleFullName();
    const start = this.#startOfRule();
    const home = this.brackets.home[start] ?? -1;
    if (lists.has(rule)) {
      const closer = this.brackets.end[home] ?? 0;
      return home >= 0 && this.brackets.isClosed[home] === 1 && closer >= this.at
        ? closer
        : undefined;
    }
    return elements.has(rule)
      ? this.#nextStart(rule, home, Math.max(start + 1, this.at - 1))
      : undefined;
  }

  /** Recovery of one token: a closing bracket is found further on in its pair, or taken as written. */
  protected tryInRuleRecovery(expected: TokenType): IToken {
    const { home, end, isClosed } = this.brackets;
    const opener = home[this.at] ?? -1;
    const closer = end[opener] ?? 0;
    const isUnclosed = unclosedOpener(this.brackets, this.input, this.at, expected) !== undefined;
    if (!isUnclosed && isClosed[opener] === 1 && this.input[closer]?.tokenType === expected) {
      this.#moveTo(closer);
      return this.#take();
    }
    const isBracket = [sign.RightParen, sign.RightSquare, sign.RightCurly].includes(expected);
    if (isBracket) return this.getTokenToInsert(expected);
    if (expected === sign.Greater) {
      const closing = this.#greaterOnThisLine();
      if (closing !== undefined) {
        this.#moveTo(closing);
        return this.#take();
      }
    }
    throw Object.assign(new Error("no recovery of one token"), { name: "InRuleRecoveryException" });
  }

  #take(): IToken {
    const token = this.LA(1);
    this.consumeToken();
    return token;
  }

  #greaterOnThisLine(): number | undefined {
    for (let index = this.at; index < this.#count; index += 1) {
      const token = this.input[index];
      if (token === undefined || placeOfToken(token)?.startsLine === true) return undefined;
      if (this.brackets.home[index] !== this.brackets.home[this.at]) continue;
      if (token.tokenType === sign.Greater) return index;
    }
    return undefined;
  }

  protected override getTokenToInsert(type: TokenType): IToken {
    return { ...super.getTokenToInsert(type), isInsertedInRecovery: true };
  }
}
