import { JsonFields } from "./json-fields.ts";
import { patternObjection } from "./pattern-work.ts";
import type { Part } from "./tokenizer-file.ts";

/** No tokenizer has nearly as many; each of them is a pass over the text. */
const mostParts = 32;
/** Times that a text may grow by being rewritten. */
const mostGrowth = 64;

/** What words are for GPT-2, in the notation of the files: there `\s` is Unicode's white space. */
const gpt2Words =
  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
const punctuation = "[\\p{P}\\x21-\\x2F\\x3A-\\x40\\x5B-\\x60\\x7B-\\x7E]";

/**
 * The parts of a tokenizer.json that prepare text or put it together again, in a form in which
 * `@huggingface/tokenizers` 0.2 does the same as the library that wrote them. What it reads otherwise is written in other
 * words, or refused: wrong ids look like right ones.
 */
export class PartReader {
  #count = 0;
  #growth = 1;

  normalizer(fields: JsonFields | undefined): Part | null {
    if (fields === undefined) return null;
    const type = this.#typeOf(fields);
    switch (type) {
      case "NFC":
      case "NFD":
      case "NFKC":
      case "NFKD":
      case "Lowercase":
      case "StripAccents":
        return { type };
      case "BertNormalizer":
        return {
          type,
          clean_text: fields.truth("clean_text", true),
          handle_chinese_chars: fields.truth("handle_chinese_chars", true),
          // Where nothing is said of accents, they go with the capitals.
          strip_accents: fields.truthIfAny("strip_accents"),
          lowercase: fields.truth("lowercase", true),
        };
      case "Strip":
        return {
          type,
          strip_left: fields.truth("strip_left", true),
          strip_right: fields.truth("strip_right", true),
        };
      case "Prepend":
        return { type, prepend: this.#short(fields, "prepend") };
      case "Replace": {
        const content = this.#short(fields, "content");
        this.#growth *= Math.max(1, content.length);
        if (this.#growth > mostGrowth) throw fields.unsupported("it makes texts too much longer");
        return { type, pattern: patternIn(fields), content };
      }
      case "Sequence":
        return {
          type,
          normalizers: this.#all(fields, "normalizers", (one) => this.normalizer(one)),
        };
      default:
        throw fields.unsupported(`its text is normalised by ${JSON.stringify(type)}`);
    }
  }

  preTokenizer(fields: JsonFields | undefined): Part | null {
    if (fields === undefined) return null;
    const type = this.#typeOf(fields);
    switch (type) {
      case "BertPreTokenizer":
        return { type };
      case "Whitespace":
        return kept("\\w+|[^\\w\\s]+");
      case "WhitespaceSplit":
        return kept("[^\\s]+");
      case "Punctuation":
        if (behaviourIn(fields) !== "Isolated")
          throw fields.unsupported("it splits at punctuation in a way of its own");
        return isolated({ Regex: punctuation });
      case "Digits":
        return isolated({ Regex: fields.truth("individual_digits", false) ? "\\p{N}" : "\\p{N}+" });
      case "ByteLevel":
        return bytes(fields);
      case "Metaspace":
        return spaces(fields);
      case "Split":
        return pieces(fields);
      case "Sequence":
        return {
          type,
          pretokenizers: this.#all(fields, "pretokenizers", (one) => this.preTokenizer(one)),
        };
      default:
        throw fields.unsupported(`its text is split by ${JSON.stringify(type)}`);
    }
  }

  decoder(fields: JsonFields | undefined): Part | null {
    if (fields === undefined) return null;
    const type = this.#typeOf(fields);
    switch (type) {
      case "ByteLevel":
      case "Fuse":
      case "ByteFallback":
        return { type };
      case "WordPiece":
        return {
          type,
          prefix: fields.text("prefix", "##"),
          cleanup: fields.truth("cleanup", true),
        };
      case "BPEDecoder":
        return { type, suffix: fields.text("suffix", "</w>") };
      case "Metaspace": {
        const replacement = spaceSign(fields);
        // Where none was put in front, none is taken away.
        if (prependScheme(fields) === "never")
          return { type: "Replace", pattern: { String: replacement }, content: " " };
        return { type, replacement };
      }
      case "Replace":
        return { type, pattern: patternIn(fields), content: this.#short(fields, "content") };
      case "Strip":
        return {
          type,
          content: fields.text("content", " "),
          start: fields.count("start", 1024, 0),
          stop: fields.count("stop", 1024, 0),
        };
      case "Sequence":
        return { type, decoders: this.#all(fields, "decoders", (one) => this.decoder(one)) };
      default:
        throw fields.unsupported(`its tokens are put together by ${JSON.stringify(type)}`);
    }
  }

  #typeOf(fields: JsonFields): string {
    this.#count += 1;
    if (this.#count > mostParts) throw fields.unsupported("it has too many parts");
    return fields.text("type");
  }

  #all(fields: JsonFields, name: string, read: (one: JsonFields) => Part | null): readonly Part[] {
    return fields.list(name, mostParts).flatMap((one) => {
      return read(new JsonFields(fields.path, `\`${name}\` of ${fields.where}`, one)) ?? [];
    });
  }

  #short(fields: JsonFields, name: string): string {
    const text = fields.text(name, "");
    if (text.length > mostGrowth) throw fields.unsupported(`its \`${name}\` is too long`);
    return text;
  }
}

/** Only what matches stays. */
function kept(pattern: string): Part {
  return { type: "Split", pattern: { Regex: pattern }, behavior: "Removed", invert: true };
}

/** What matches is a word, and so is what stands between. */
function isolated(pattern: Readonly<Record<string, string>>): Part {
  return { type: "Split", pattern, behavior: "Isolated", invert: false };
}

function bytes(fields: JsonFields): Part {
  const prefix = fields.truth("add_prefix_space", true);
  const splits = fields.truth("use_regex", true);
  if (!splits || prefix) return { type: "ByteLevel", add_prefix_space: prefix, use_regex: splits };
  const encoded = { type: "ByteLevel", add_prefix_space: false, use_regex: false };
  return { type: "Sequence", pretokenizers: [kept(gpt2Words), encoded] };
}

function spaces(fields: JsonFields): Part {
  const replacement = spaceSign(fields);
  const marked = { type: "Metaspace", replacement, prepend_scheme: prependScheme(fields) };
  if (!fields.truth("split", true)) return marked;
  const words = kept(`${replacement}[^${replacement}]*|[^${replacement}]+`);
  return { type: "Sequence", pretokenizers: [marked, words] };
}

function spaceSign(fields: JsonFields): string {
  const sign = fields.text("replacement", "\u2581");
  // It stands in a pattern, where letters and marks of ASCII may mean something else.
  if ([...sign].length === 1 && (sign.codePointAt(0) ?? 0) > 127) return sign;
  throw fields.unsupported(`it writes spaces as ${JSON.stringify(sign)}`);
}

function prependScheme(fields: JsonFields): string {
  const otherwise = fields.truth("add_prefix_space", true) ? "always" : "never";
  const scheme = fields.text("prepend_scheme", otherwise);
  if (["always", "never", "first"].includes(scheme)) return scheme;
  throw fields.broken(`puts spaces in front ${JSON.stringify(scheme)}`);
}

function pieces(fields: JsonFields): Part {
  const pattern = patternIn(fields);
  const behavior = behaviourIn(fields);
  const invert = fields.truth("invert", false);
  // Pieces that are kept and what stands between are the same, whichever of them is said to match.
  if (behavior === "Isolated") return isolated(pattern);
  if (behavior === "Removed") return { type: "Split", pattern, behavior, invert };
  throw fields.unsupported(`it splits texts in the way ${JSON.stringify(behavior)}`);
}

function behaviourIn(fields: JsonFields): string {
  return fields.text("behavior", "Isolated");
}

function patternIn(fields: JsonFields): Readonly<Record<string, string>> {
  const pattern = fields.value("pattern");
  const inner = typeof pattern === "string" ? undefined : fields.inner("pattern");
  const literal = typeof pattern === "string" ? pattern : inner?.textIfAny("String");
  if (literal !== undefined) return { String: literal };
  const source = inner?.textIfAny("Regex");
  if (source === undefined) throw fields.broken("has no pattern");
  const objection = patternObjection(source);
  if (objection === undefined) return { Regex: source };
  const shown = JSON.stringify(source.slice(0, 80));
  throw fields.unsupported(`its pattern ${shown} is not run: ${objection}`);
}
