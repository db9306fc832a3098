// Captions as tokens before they are scored: cut as in the Penn Treebank, in lower case, without punctuation marks.

/** Marks that are dropped. Brackets are no longer spelled as in this list once in lower case, so `-lrb-` stays. */
const dropped: ReadonlySet<string> = new Set([
  "''",
  "'",
  "``",
  "`",
  "-LRB-",
  "-RRB-",
  "-LCB-",
  "-RCB-",
  ".",
  "?",
  "!",
  ",",
  ":",
  "-",
  "--",
  "...",
  ";",
]);

const brackets: ReadonlyMap<string, string> = new Map([
  ["(", "-lrb-"],
  [")", "-rrb-"],
  ["[", "-lsb-"],
  ["]", "-rsb-"],
  ["{", "-lcb-"],
  ["}", "-rcb-"],
]);

/** Words with a dot that belongs to them. */
const abbreviations =
  "mr mrs ms dr prof st jr sr vs etc inc co corp ltd mt ave blvd rd dept gov gen sen rep capt lt sgt col no approx";
const abbreviation = new RegExp(`^(${abbreviations.replaceAll(" ", "|")})\\.$`);
/** `u.s.`, `a.m.`: single letters with dots. */
const acronym = /^(\p{L}\.)+$/u;

/** Two words that are written as one. */
const joined: ReadonlyMap<string, readonly string[]> = new Map(
  ["can not", "gon na", "got ta", "wan na", "gim me", "lem me", "d'ye", "'t is", "'t was"].map(
    (words) => [words.replaceAll(" ", ""), words.split(" ")],
  ),
);

const pieces = new RegExp(
  [
    /\.{2,}|…/u, // an ellipsis
    /-{2,}|[–—]/u, // a dash
    /https?:\/\/\S+/u, // an address
    /[$€£¥]?\d+(?:[.,:/]\d+)*(?:st|nd|rd|th|s)?(?![\p{L}\p{N}])/u, // a number, a price, a time, a fraction
    /(?:\p{L}\.){2,}/u, // single letters with dots
    /[\p{L}\p{N}\p{M}]+(?:['’._&/-][\p{L}\p{N}\p{M}]+)*\.?/u, // a word, with what may stand inside one
    /'(?:s|d|m|ll|re|ve|em|n)(?![\p{L}\p{N}])/u, // what was cut off a word by a blank
    /``|''|./u,
  ]
    .map(({ source }) => source)
    .join("|"),
  "giu",
);

/** Tokens of a caption separated by blanks. Line ends count as blanks. */
export function captionTokens(caption: string): string {
  const tokens = caption
    .replace(/[\r\n]+/g, " ")
    .split(/\s+/u)
    .flatMap((chunk) => (chunk === "" ? [] : tokensOf(chunk.toLowerCase())));
  return tokens.filter((token) => !dropped.has(token)).join(" ");
}

function tokensOf(chunk: string): readonly string[] {
  const found = chunk.match(pieces) ?? [];
  return found.flatMap((piece, index) => wordTokens(piece, index === found.length - 1));
}

function wordTokens(piece: string, isLast: boolean): readonly string[] {
  if (/^\.{2,}$|^…$/u.test(piece)) return ["..."];
  if (/^-{2,}$|^[–—]$/u.test(piece)) return ["--"];
  if (/^["“”«»]$/u.test(piece)) return ["''"];
  if (/^[‘’]$/u.test(piece)) return ["'"];
  const bracket = brackets.get(piece);
  if (bracket !== undefined) return [bracket];
  const price = /^([$€£¥])(.+)$/u.exec(piece);
  if (price !== null) return [price[1] ?? "", price[2] ?? ""];
  if (piece.length > 1 && piece.endsWith(".")) {
    const keepsDot = acronym.test(piece) ? piece.length > 2 : abbreviation.test(piece);
    // In front of something else in the same chunk a dot joins nothing: `street.the`.
    return keepsDot && isLast ? [piece] : [...cutContraction(piece.slice(0, -1)), "."];
  }
  return cutContraction(piece);
}

/** `don't` is `do n't`, `man's` is `man 's`. */
function cutContraction(word: string): readonly string[] {
  const cut: string[] = [];
  for (let rest = word.replaceAll("’", "'"); ; ) {
    const whole = joined.get(rest);
    const ending = endings.find((one) => rest.endsWith(one) && rest !== one);
    if (whole !== undefined || ending === undefined)
      return [...(whole ?? [rest]), ...cut.reverse()];
    cut.push(ending);
    rest = rest.slice(0, -ending.length);
  }
}

const endings = ["n't", "'s", "'d", "'m", "'ll", "'re", "'ve"];
