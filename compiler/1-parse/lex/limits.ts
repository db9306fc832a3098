import type { IToken, TokenType } from "chevrotain";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { SourceFile } from "../../source/source-file.ts";
import { closerOf } from "./brackets.ts";
import { endOf, placeOfToken } from "./scan.ts";
import { reserved, sign } from "./tokens.ts";

/**
 * How much of a text is read. The parser and everything after it go down one level for each bracket and operator, on a
 * stack that ends; and their time grows with the text. Beyond these limits there is one diagnostic and no tree.
 */
export const sourceLimits = {
  characters: 2 ** 17,
  tokens: 2 ** 15,
  /** Brackets inside each other, and `else if` behind each other. */
  depth: 64,
  /** Operators, signs, calls and members of one expression. */
  chain: 256,
  /** Mistakes of one kind of reading: whoever has more begins with the first, and the text is probably no Weft. */
  reports: 200,
} as const;

/** Nothing of such a file is shown: its first line may be all of it, in bytes that a terminal takes for commands. */
const unseen = ({ path }: SourceFile): SourceFile => ({ path, text: "" });

/** Zeros, or many bytes that are no UTF-8: a picture or weights, given by mistake. */
export function isNoText(file: SourceFile, sink: DiagnosticSink): boolean {
  const { text } = file;
  const why = text.includes("\0")
    ? "it has a byte 0 in it"
    : text.split("\ufffd").length - 1 > text.length / 16
      ? "many of its bytes are no UTF-8"
      : undefined;
  if (why !== undefined) sink.report("not-text", { file: unseen(file), start: 0, end: 0 }, { why });
  return why !== undefined;
}

export function isTooLong(file: SourceFile, sink: DiagnosticSink): boolean {
  const { characters } = sourceLimits;
  const isLong = file.text.length > characters;
  if (isLong) {
    const found = `${file.text.length} characters`;
    sink.report(
      "too-large",
      { file: unseen(file), start: 0, end: 0 },
      { found, limit: characters },
    );
  }
  return isLong;
}

/** Reports the first place at which the parser would go too deep, or that the file has too many tokens. */
export function isTooMuch(
  file: SourceFile,
  tokens: readonly IToken[],
  sink: DiagnosticSink,
): boolean {
  const { tokens: most, depth: limit } = sourceLimits;
  const deep = firstBelow(tokens, limit);
  if (deep !== undefined) {
    const span = { file, start: deep.startOffset, end: endOf(deep) };
    sink.report("too-deep", span, { what: "brackets and `else if`", limit });
    return true;
  }
  if (tokens.length <= most) return false;
  const found = `${tokens.length} words and signs`;
  sink.report("too-large", { file: unseen(file), start: 0, end: 0 }, { found, limit: most });
  return true;
}

/**
 * Opening brackets count until one of their own kind closes them, or one outside them: the parser does not know
 * better while it goes down, and passes over what closes nothing.
 */
function firstBelow(tokens: readonly IToken[], limit: number): IToken | undefined {
  const closers = new Set([sign.RightParen, sign.RightSquare, sign.RightCurly]);
  /** What closes each open bracket, the file first, and how many `else if` stand in a row in it. */
  const open: { readonly closer: TokenType | undefined; chain: number }[] = [
    { closer: undefined, chain: 0 },
  ];
  let depth = 0;
  for (const [index, token] of tokens.entries()) {
    const type = token.tokenType;
    const isElse = type === reserved.else;
    const innermost = open.at(-1);
    if (innermost === undefined) break;
    if (placeOfToken(token)?.startsLine === true && !isElse && !closers.has(type)) {
      depth -= innermost.chain;
      innermost.chain = 0;
    }
    const closer = closerOf(type);
    if (closer !== undefined) {
      depth += 1;
      open.push({ closer, chain: 0 });
    } else if (closers.has(type)) {
      const opened = open.findLastIndex((bracket) => bracket.closer === type);
      const closed = opened === -1 ? [] : open.splice(opened);
      for (const { chain } of closed) depth -= 1 + chain;
    } else if (isElse && tokens[index + 1]?.tokenType === reserved.if) {
      depth += 1;
      innermost.chain += 1;
    }
    if (depth > limit) return token;
  }
  return undefined;
}
