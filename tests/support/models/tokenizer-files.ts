/** Small tokenizer.json documents, whose ids can be told by hand. */
type Document = Readonly<Record<string, unknown>>;

/** A letter for each byte, as GPT-2 writes them: printable ones are themselves, the others follow from U+0100 on. */
function byteLetters(): readonly string[] {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const isShown = (byte > 32 && byte < 127) || (byte > 160 && byte < 256 && byte !== 173);
    return String.fromCodePoint(isShown ? byte : next++);
  });
}

const token = (id: number, content: string, special = true) => ({ id, content, special });

/** GPT-2's way: bytes 0 to 255, then `he`, `ll`, `hell`, `hello`, ` w`, then `<|endoftext|>`; `[tool]` is added, not special. */
export const bytePairs: Document = {
  version: "1.0",
  truncation: { max_length: 2 },
  added_tokens: [token(261, "<|endoftext|>"), token(262, "[tool]", false)],
  normalizer: null,
  pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true },
  post_processor: { type: "ByteLevel", trim_offsets: false },
  decoder: { type: "ByteLevel" },
  model: {
    dropout: null,
    unk_token: null,
    continuing_subword_prefix: "",
    end_of_word_suffix: "",
    vocab: Object.fromEntries(
      [...byteLetters(), "he", "ll", "hell", "hello", "\u0120w"].map((text, id) => [text, id]),
    ),
    merges: ["h e", "l l", "he ll", "hell o", "\u0120 w"],
  },
};

/** CLIP's way: lower case, marks at the ends of words, a token around each text. */
export const endsOfWords: Document = {
  added_tokens: [token(6, "<|startoftext|>"), token(7, "<|endoftext|>")],
  normalizer: {
    type: "Sequence",
    normalizers: [
      { type: "NFC" },
      { type: "Replace", pattern: { Regex: "\\s+" }, content: " " },
      { type: "Lowercase" },
    ],
  },
  pre_tokenizer: {
    type: "Sequence",
    pretokenizers: [
      {
        type: "Split",
        pattern: { Regex: "'s|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+" },
        behavior: "Removed",
        invert: true,
      },
      { type: "ByteLevel", add_prefix_space: false },
    ],
  },
  post_processor: {
    type: "RobertaProcessing",
    sep: ["<|endoftext|>", 7],
    cls: ["<|startoftext|>", 6],
  },
  decoder: { type: "ByteLevel" },
  model: {
    type: "BPE",
    unk_token: "<|endoftext|>",
    end_of_word_suffix: "</w>",
    vocab: {
      "a</w>": 0,
      c: 1,
      a: 2,
      "t</w>": 3,
      ca: 4,
      "cat</w>": 5,
      "<|startoftext|>": 6,
      "<|endoftext|>": 7,
    },
    merges: [
      ["c", "a"],
      ["ca", "t</w>"],
    ],
  },
};

/** BERT's way. */
export const wordPieces: Document = {
  added_tokens: [token(0, "[PAD]"), token(1, "[UNK]"), token(2, "[CLS]"), token(3, "[SEP]")],
  normalizer: { type: "BertNormalizer", lowercase: true },
  pre_tokenizer: { type: "BertPreTokenizer" },
  post_processor: {
    type: "TemplateProcessing",
    single: [
      { SpecialToken: { id: "[CLS]", type_id: 0 } },
      { Sequence: { id: "A", type_id: 0 } },
      { SpecialToken: { id: "[SEP]", type_id: 0 } },
    ],
    special_tokens: {},
  },
  decoder: { type: "WordPiece", prefix: "##", cleanup: true },
  model: {
    type: "WordPiece",
    unk_token: "[UNK]",
    continuing_subword_prefix: "##",
    max_input_chars_per_word: 100,
    vocab: Object.fromEntries(
      ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "un", "##able", "able", ",", "cafe", "!"].map(
        (text, id) => [text, id],
      ),
    ),
  },
};

/** What is likelier as a whole: `▁ab` (-1) than `▁a` and `b` (-3). */
export const likelyPieces: Document = {
  added_tokens: [token(0, "<unk>"), token(1, "<s>"), token(2, "</s>")],
  normalizer: null,
  pre_tokenizer: { type: "Metaspace", replacement: "\u2581", prepend_scheme: "always" },
  post_processor: null,
  decoder: { type: "Metaspace", replacement: "\u2581", prepend_scheme: "always" },
  model: {
    type: "Unigram",
    unk_id: 0,
    vocab: [
      ["<unk>", 0],
      ["<s>", 0],
      ["</s>", 0],
      ["\u2581ab", -1],
      ["\u2581a", -1.5],
      ["b", -1.5],
      ["\u2581", -2],
      ["\u2581\u2581", -0.5],
      ["s", -4],
      ["<", -4],
      [">", -4],
      ["/", -4],
    ],
  },
};
