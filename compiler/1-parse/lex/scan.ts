import { type IToken, Lexer } from "chevrotain";
import { once } from "../../ir/once.ts";
import type { SourceFile } from "../../source/source-file.ts";
import { Identifier, lexedTokens, OpenString, Stray, wordTypes } from "./tokens.ts";

/** What the parser wants to know of a token besides its text. */
interface TokenPlace {
  readonly index: number;
  /** Nothing but space stands before it on its line. */
  readonly startsLine: boolean;
  /** Columns before the first token of its line. */
  readonly indent: number;
}

export interface Scan {
  readonly tokens: readonly IToken[];
  readonly comments: readonly IToken[];
  /** Runs of characters that are in no token, and strings without an end. */
  readonly strays: readonly StrayText[];
}
export interface StrayText {
  readonly kind: "characters" | "string";
  readonly start: number;
  readonly end: number;
  readonly line: number;
}

export function placeOfToken(token: IToken): TokenPlace | undefined {
  return token.payload as TokenPlace | undefined;
}

/** First offset after a token. Chevrotain counts the last character itself. */
export function endOf(token: IToken): number {
  return token.startOffset + token.image.length;
}

const lexer = once(
  () =>
    new Lexer([...lexedTokens], {
      positionTracking: "full",
      ensureOptimizations: false,
      skipValidations: true,
    }),
);

export function scan(file: SourceFile): Scan {
  const lexed = lexer().tokenize(file.text);
  const tokens: IToken[] = [];
  const strays: StrayText[] = [];
  let line = 0;
  let indent = 0;
  for (const token of lexed.tokens) {
    const startsLine = token.startLine !== line;
    line = token.startLine ?? line;
    if (startsLine) indent = (token.startColumn ?? 1) - 1;
    if (token.tokenType === Stray || token.tokenType === OpenString) {
      const last = strays.at(-1);
      if (
        token.tokenType === Stray &&
        last?.kind === "characters" &&
        last.end === token.startOffset
      )
        strays[strays.length - 1] = { ...last, end: endOf(token) };
      else
        strays.push({
          kind: token.tokenType === Stray ? "characters" : "string",
          start: token.startOffset,
          end: endOf(token),
          line,
        });
    }
    if (token.tokenType === Stray) continue;
    if (token.tokenType === Identifier) nameWord(token);
    const place: TokenPlace = { index: tokens.length, startsLine, indent };
    token.payload = place;
    tokens.push(token);
  }
  return { tokens, comments: lexed.groups.comments ?? [], strays };
}

/** Gives a word that means something its own type. */
function nameWord(token: IToken): void {
  const type = wordTypes.get(token.image);
  if (type?.tokenTypeIdx === undefined) return;
  token.tokenType = type;
  token.tokenTypeIdx = type.tokenTypeIdx;
}

/** The same text with some tokens passed over. */
export function withoutTokens(scanned: Scan, dropped: ReadonlySet<number>): Scan {
  if (dropped.size === 0) return scanned;
  const tokens = scanned.tokens.filter((_token, index) => !dropped.has(index));
  return {
    ...scanned,
    tokens: tokens.map((token, index) => ({
      ...token,
      payload: { ...placeOfToken(token), index },
    })),
  };
}
