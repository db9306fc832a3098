import { type IToken, type TokenType, tokenMatcher } from "chevrotain";
import { placeOfToken } from "./scan.ts";
import { Keyword, literal, Name, reserved, sign } from "./tokens.ts";

/** Which bracket every token stands in. Angle brackets are no brackets here: `<` is also less-than. */
export interface Brackets {
  /** Innermost opening bracket around each token, -1 at the top. A closing bracket stands in its own pair. */
  readonly home: Int32Array;
  /** By opening bracket: its closing one, or where it was given up. */
  readonly end: Int32Array;
  /** By opening bracket: 1 where `end` closes it. */
  readonly isClosed: Uint8Array;
  /** Closing brackets that close nothing. */
  readonly stray: readonly number[];
}

const closers = new Map<TokenType, TokenType>([
  [sign.LeftParen, sign.RightParen],
  [sign.LeftSquare, sign.RightSquare],
  [sign.LeftCurly, sign.RightCurly],
]);
export function closerOf(opener: TokenType): TokenType | undefined {
  return closers.get(opener);
}
const closing = new Set(closers.values());

/**
 * Pairs the brackets. Where they do not pair up, lines and indentation say which one is wrong; a text whose
 * brackets pair up is never judged by its indentation.
 */
export function matchBrackets(tokens: readonly IToken[]): Brackets {
  const plain = new Matching(tokens, false).run();
  const isBalanced =
    plain.stray.length === 0 && tokens.every((token, index) => isPaired(plain, token, index));
  return isBalanced ? plain : new Matching(tokens, true).run();
}

function isPaired(brackets: Brackets, token: IToken, index: number): boolean {
  return !closers.has(token.tokenType) || brackets.isClosed[index] === 1;
}

/**
 * The innermost bracket that `closer` should close before token `at` and that nothing closes; undefined where
 * the brackets around `at` do have their partners.
 */
export function unclosedOpener(
  brackets: Brackets,
  tokens: readonly IToken[],
  at: number,
  closer: TokenType,
): number | undefined {
  const home = brackets.home[at] ?? -1;
  const innermostClosed = brackets.isClosed[home] === 1 ? home : -1;
  for (let index = Math.min(at, tokens.length) - 1; index > innermostClosed; index -= 1) {
    const type = tokens[index]?.tokenType;
    if (type !== undefined && closerOf(type) === closer && brackets.isClosed[index] !== 1)
      return index;
  }
  return undefined;
}

/** `fn f`, `train a`, `steps 100` at the start of a line: two words in a row are in no expression. */
function startsDeclaration(tokens: readonly IToken[], index: number): boolean {
  const [first, second] = [tokens[index], tokens[index + 1]];
  if (first === undefined || second === undefined || placeOfToken(second)?.startsLine !== false)
    return false;
  return (
    tokenMatcher(first, Keyword) &&
    [Name, literal.String, literal.Int, literal.Float].some((type) => tokenMatcher(second, type))
  );
}

class Matching implements Brackets {
  readonly home: Int32Array;
  readonly end: Int32Array;
  readonly isClosed: Uint8Array;
  readonly stray: number[] = [];
  readonly #tokens: readonly IToken[];
  readonly #guesses: boolean;
  readonly #open: number[] = [];

  constructor(tokens: readonly IToken[], guesses: boolean) {
    this.#tokens = tokens;
    this.#guesses = guesses;
    this.home = new Int32Array(tokens.length + 1).fill(-1);
    this.end = new Int32Array(tokens.length + 1).fill(tokens.length);
    this.isClosed = new Uint8Array(tokens.length + 1);
  }

  run(): Brackets {
    for (const [index, token] of this.#tokens.entries()) {
      if (this.#guesses && placeOfToken(token)?.startsLine === true) this.#startLine(token, index);
      if (closing.has(token.tokenType)) this.#close(token, index);
      else this.home[index] = this.#open.at(-1) ?? -1;
      if (closers.has(token.tokenType)) this.#open.push(index);
    }
    return this;
  }

  /** A declaration ends what is open on its own column or further right; a statement ends what is no block. */
  #startLine(token: IToken, index: number): void {
    if (startsDeclaration(this.#tokens, index)) {
      const column = indentOf(token);
      this.#giveUpWhile((opener) => this.#indentAt(opener) >= column, index);
    } else if ([reserved.let, reserved.for, reserved.axis].includes(token.tokenType)) {
      this.#giveUpWhile((opener) => !this.#isBlock(opener), index);
    }
  }

  #close(token: IToken, index: number): void {
    const partner = this.#guesses ? this.#guessPartner(token) : this.#open.at(-1);
    if (partner === undefined || closerOf(this.#typeAt(partner)) !== token.tokenType) {
      this.home[index] = this.#open.at(-1) ?? -1;
      this.stray.push(index);
      return;
    }
    this.#giveUpWhile((opener) => opener !== partner, index);
    this.#open.pop();
    this.home[index] = partner;
    this.end[partner] = index;
    this.isClosed[partner] = 1;
  }

  #guessPartner(token: IToken): number | undefined {
    const startsLine = placeOfToken(token)?.startsLine === true;
    const innermostFirst = [...this.#open].reverse();
    if (token.tokenType !== sign.RightCurly) {
      const block = innermostFirst.findIndex((opener) => this.#isBlock(opener));
      const reachable = block < 0 ? innermostFirst : innermostFirst.slice(0, block);
      return reachable.find((opener) => closerOf(this.#typeAt(opener)) === token.tokenType);
    }
    if (!startsLine)
      return innermostFirst.find((opener) => this.#typeAt(opener) === sign.LeftCurly);
    const blocks = innermostFirst.filter((opener) => this.#isBlock(opener));
    const [nearest] = blocks;
    if (nearest === undefined || this.#indentAt(nearest) === indentOf(token)) return nearest;
    if (this.#indentAt(nearest) < indentOf(token)) return undefined;
    return blocks.find((opener) => this.#indentAt(opener) === indentOf(token)) ?? nearest;
  }

  #giveUpWhile(test: (opener: number) => boolean, index: number): void {
    for (
      let opener = this.#open.at(-1);
      opener !== undefined && test(opener);
      opener = this.#open.at(-1)
    ) {
      this.#open.pop();
      this.end[opener] = index;
    }
  }

  /** A curly bracket at the end of its line. */
  #isBlock(opener: number): boolean {
    const next = this.#tokens[opener + 1];
    const endsLine = next === undefined || placeOfToken(next)?.startsLine === true;
    return this.#typeAt(opener) === sign.LeftCurly && endsLine;
  }

  #typeAt(index: number): TokenType {
    const token = this.#tokens[index];
    return token === undefined ? sign.LeftCurly : token.tokenType;
  }
  #indentAt(index: number): number {
    const token = this.#tokens[index];
    return token === undefined ? 0 : indentOf(token);
  }
}

function indentOf(token: IToken): number {
  return placeOfToken(token)?.indent ?? 0;
}
