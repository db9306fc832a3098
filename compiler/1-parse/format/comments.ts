import type { IToken } from "chevrotain";
import { placeOfToken, type Scan } from "../lex/scan.ts";

/** Which comments stand at which token, by its index; those at the end of the file have the number of tokens. */
export interface Comments {
  /** On lines of their own, before the token. */
  readonly before: ReadonlyMap<number, readonly IToken[]>;
  /** On the token's line, after it. */
  readonly after: ReadonlyMap<number, readonly IToken[]>;
}

export function attachComments({ tokens, comments }: Pick<Scan, "tokens" | "comments">): Comments {
  const before = new Map<number, IToken[]>();
  const after = new Map<number, IToken[]>();
  let next = 0;
  for (const comment of comments) {
    while (next < tokens.length && startOf(tokens[next]) < comment.startOffset) next += 1;
    const previous = tokens[next - 1];
    const isAfter = previous !== undefined && previous.endLine === comment.startLine;
    const [map, index] = isAfter ? [after, next - 1] : [before, next];
    const known = map.get(index);
    if (known === undefined) map.set(index, [comment]);
    else known.push(comment);
  }
  return { before, after };
}

function startOf(token: IToken | undefined): number {
  return token?.startOffset ?? Number.POSITIVE_INFINITY;
}

export function indexOf(token: IToken | undefined): number {
  return (token && placeOfToken(token)?.index) ?? -1;
}
