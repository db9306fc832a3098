import { createToken, Lexer, type TokenType } from "chevrotain";

/** What may stand where the grammar says Name: every identifier, and every keyword that is not reserved. */
export const Name = createToken({ name: "Name", pattern: Lexer.NA, label: "a name" });
/** A word with a meaning at the start of a declaration, entry or clause, and a name everywhere else. */
export const Keyword = createToken({ name: "Keyword", pattern: Lexer.NA, categories: [Name] });
/** A word that is never a name. */
export const Reserved = createToken({ name: "Reserved", pattern: Lexer.NA });

/** As the lexer gives every word; `scan` tells apart those that mean something. */
export const Identifier = createToken({
  name: "Identifier",
  pattern: /[A-Za-z_][A-Za-z0-9_]*/,
  categories: [Name],
  label: "a name",
});

function tokensOf<Key extends string>(
  texts: Readonly<Record<Key, string>>,
  categories: TokenType[],
): Readonly<Record<Key, TokenType>> {
  const entries = Object.entries<string>(texts).map(([name, text]) => [
    name,
    createToken({
      name: `${name.charAt(0).toUpperCase()}${name.slice(1)}`,
      pattern: text,
      label: `\`${text}\``,
      categories,
    }),
  ]);
  return Object.fromEntries(entries) as Record<Key, TokenType>;
}

function wordsOf<Word extends string>(words: readonly Word[]): Readonly<Record<Word, Word>> {
  return Object.fromEntries(words.map((word) => [word, word])) as Record<Word, Word>;
}

/** The words with which things begin, by where they stand. */
export const itemWords = [
  ...(["module", "model", "interface", "fn", "stage", "experiment", "weights"] as const),
];
export const memberWords = [
  ...(["use", "slot", "repeat", "param", "buffer", "state", "type", "fn", "mode"] as const),
];
export const overrideWords = ["set", "data", "replace"] as const;
export const entryWords = [
  ...overrideWords,
  ...(["freeze", "train", "decay", "adapt", "start", "schedule", "steps", "epochs"] as const),
  ...([
    "clip",
    "ema",
    "optimizer",
    "batch",
    "precision",
    "memory",
    "loss",
    "watch",
    "phase",
  ] as const),
];
export const trialWords = [
  ...overrideWords,
  ...(["case", "pair", "where", "baseline", "start", "seeds", "run", "sample", "halve"] as const),
  ...(["measure", "report"] as const),
];
export const mappingWords = [
  ...(["prefix", "config", "map", "tie", "ignore", "initialise", "resample"] as const),
];

export const word = tokensOf(
  wordsOf([
    ...(["import", "from", "module", "model", "interface", "fn", "mode", "step"] as const),
    ...(["use", "slot", "repeat", "param", "buffer", "state", "type", "with", "where"] as const),
    ...([
      "stage",
      "of",
      "freeze",
      "everything",
      "train",
      "at",
      "decay",
      "except",
      "adapt",
    ] as const),
    ...(["start", "schedule", "steps", "epochs", "clip", "ema", "optimizer", "batch"] as const),
    ...(["by", "weight"] as const),
    ...(["precision", "memory", "within", "loss", "watch", "phase", "until"] as const),
    ...([
      "experiment",
      "set",
      "data",
      "replace",
      "case",
      "seeds",
      "run",
      "measure",
      "report",
    ] as const),
    ...([
      "extends",
      "pair",
      "baseline",
      "sample",
      "halve",
      "to",
      "log",
      "minutes",
      "flops",
    ] as const),
    ...(["on"] as const),
    ...(["weights", "prefix", "config", "map", "tie", "ignore", "initialise"] as const),
    ...(["resample", "over"] as const),
  ]),
  [Keyword],
);

export const reserved = tokensOf(
  wordsOf([
    ...(["let", "for", "if", "else", "axis", "in", "and", "or", "not"] as const),
    ...(["true", "false", "none", "div"] as const),
  ]),
  [Reserved],
);

/** Longer signs first, so that `..` is not two dots. */
export const sign = tokensOf(
  {
    Pipe: "|>",
    Store: ":=",
    EqualEqual: "==",
    NotEqual: "!=",
    LessEqual: "<=",
    GreaterEqual: ">=",
    Arrow: "->",
    Join: "++",
    DotDot: "..",
    LeftParen: "(",
    RightParen: ")",
    LeftSquare: "[",
    RightSquare: "]",
    LeftCurly: "{",
    RightCurly: "}",
    Less: "<",
    Greater: ">",
    Comma: ",",
    Colon: ":",
    Dot: ".",
    Equal: "=",
    Plus: "+",
    Minus: "-",
    Star: "*",
    Slash: "/",
    Percent: "%",
    Caret: "^",
  },
  [],
);

export const literal = {
  Float: createToken({
    name: "Float",
    pattern: /\d[\d_]*(?:\.\d[\d_]*(?:[eE][+-]?\d+)?|[eE][+-]?\d+)/,
    label: "a number",
  }),
  Int: createToken({ name: "Int", pattern: /\d[\d_]*/, label: "an integer" }),
  String: createToken({ name: "String", pattern: /"[^"\r\n]*"/, label: "a string" }),
} as const;

/** Half a string is lexed as one, so that the parser goes on; `scan` reports it. */
export const OpenString = createToken({
  name: "OpenString",
  pattern: /"[^"\r\n]*/,
  categories: [literal.String],
});
/** Anything else: reported and left out by `scan`. */
export const Stray = createToken({ name: "Stray", pattern: /[^\s]/u });

const Space = createToken({
  name: "Space",
  pattern: /\s+/,
  group: Lexer.SKIPPED,
  line_breaks: true,
});
const Comment = createToken({ name: "Comment", pattern: /\/\/[^\r\n]*/, group: "comments" });

const operatorSigns = [
  ...[sign.Pipe, sign.EqualEqual, sign.NotEqual, sign.Less, sign.LessEqual, sign.Greater],
  ...[sign.GreaterEqual, sign.Plus, sign.Minus, sign.Star, sign.Slash, sign.Percent, sign.Caret],
  ...[reserved.or, reserved.and, reserved.in, reserved.div],
];
/** Every operator of `expr` between two operands. */
export const binaryOperators: readonly TokenType[] = operatorSigns;
/** Every operator of `size`, `++` excepted. */
export const sizeOperators: readonly TokenType[] = [
  ...[sign.Plus, sign.Minus, sign.Star, sign.Slash, sign.Percent, sign.Caret, reserved.div],
];

const words = [...Object.values(word), ...Object.values(reserved)];
/** The words that mean something, by their text. */
export const wordTypes: ReadonlyMap<unknown, TokenType> = new Map(
  words.map((type) => [type.PATTERN, type]),
);

/** In the order in which the lexer tries them. Each try costs, so words are told apart afterwards. */
export const lexedTokens: readonly TokenType[] = [
  ...[Space, Comment, Identifier],
  ...[literal.Float, literal.Int, literal.String, OpenString],
  ...Object.values(sign),
  Stray,
];
/** All of them, with the categories that no text matches. */
export const vocabulary: TokenType[] = [...lexedTokens, ...words, Name, Keyword, Reserved];
