import { isCount, isRecord, type JsonFields } from "./json-fields.ts";
import type { VocabularyModel } from "./tokenizer-file.ts";

/** More than any vocabulary has, and any list of merges (Gemma's: 514,906); an id is a place in a table. */
export const mostTokens = 1 << 19;

/** The `model` of a tokenizer.json: how a word becomes tokens. Older files do not say of what kind it is. */
export function readModel(fields: JsonFields): VocabularyModel {
  const type = fields.textIfAny("type") ?? kindOf(fields);
  if ((fields.value("dropout") ?? 0) !== 0)
    throw fields.unsupported("its model drops merges at random");
  switch (type) {
    case "BPE":
      return readMerges(fields);
    case "WordPiece": {
      const vocab = readVocabulary(fields);
      return {
        type,
        vocab,
        unk_token: unknownIn(fields, vocab, "[UNK]"),
        continuing_subword_prefix: fields.text("continuing_subword_prefix", "##"),
        // Words are tried in all their parts.
        max_input_chars_per_word: fields.count("max_input_chars_per_word", 1000, 100),
      };
    }
    case "WordLevel": {
      const vocab = readVocabulary(fields);
      return { type, vocab, unk_token: unknownIn(fields, vocab, "<unk>") };
    }
    case "Unigram":
      return readUnigram(fields);
    default:
      throw fields.unsupported(`its model is of the kind ${JSON.stringify(type)}`);
  }
}

function kindOf(fields: JsonFields): string {
  if (Array.isArray(fields.value("vocab"))) return "Unigram";
  if (fields.value("merges") !== undefined) return "BPE";
  if (fields.value("continuing_subword_prefix") !== undefined) return "WordPiece";
  throw fields.broken("does not say of what kind it is");
}

function readMerges(fields: JsonFields): VocabularyModel {
  const vocab = readVocabulary(fields);
  if (fields.textIfAny("continuing_subword_prefix") !== undefined)
    throw fields.unsupported("its model merges pieces with a prefix");
  const unknown = fields.textIfAny("unk_token") ?? null;
  if (unknown !== null && !Object.hasOwn(vocab, unknown))
    throw fields.broken(`has no token ${JSON.stringify(unknown)} for what is unknown`);
  return {
    type: "BPE",
    vocab,
    merges: fields.list("merges", mostTokens).map((merge): readonly [string, string] => {
      const parts: unknown = typeof merge === "string" ? merge.split(" ") : merge;
      if (Array.isArray(parts) && parts.length === 2) {
        const [left, right]: readonly unknown[] = parts;
        if (typeof left === "string" && typeof right === "string") return [left, right];
      }
      throw fields.broken("has a merge that is not of two pieces");
    }),
    unk_token: unknown,
    end_of_word_suffix: fields.textIfAny("end_of_word_suffix") ?? null,
    byte_fallback: fields.truth("byte_fallback", false),
    ignore_merges: fields.truth("ignore_merges", false),
    fuse_unk: fields.truth("fuse_unk", false),
  };
}

function readUnigram(fields: JsonFields): VocabularyModel {
  if (fields.truth("byte_fallback", false))
    throw fields.unsupported("its unigram model spells unknown characters by their bytes");
  const vocab = fields.list("vocab", mostTokens).map((entry): readonly [string, number] => {
    const [token, score]: readonly unknown[] = Array.isArray(entry) ? entry : [];
    if (typeof token === "string" && token !== "" && Number.isFinite(score))
      return [token, Number(score)];
    throw fields.broken("has an entry that is no token with its score");
  });
  if (new Set(vocab.map(([token]) => token)).size < vocab.length)
    throw fields.broken("has a token twice");
  if (vocab.length === 0) throw fields.broken("has no tokens");
  return { type: "Unigram", vocab, unk_id: fields.count("unk_id", vocab.length - 1) };
}

function readVocabulary(fields: JsonFields): Readonly<Record<string, number>> {
  const vocab = fields.value("vocab");
  if (!isRecord(vocab)) throw fields.broken("has no object `vocab`");
  const seen = new Uint8Array(mostTokens);
  for (const token in vocab) {
    const id = vocab[token];
    if (!isCount(id, mostTokens - 1))
      throw fields.broken(`gives ${JSON.stringify(token.slice(0, 80))} no id below ${mostTokens}`);
    if (seen[id] === 1) throw fields.broken(`has the id ${id} twice`);
    seen[id] = 1;
  }
  return vocab as Readonly<Record<string, number>>;
}

function unknownIn(
  fields: JsonFields,
  vocab: Readonly<Record<string, number>>,
  usual: string,
): string {
  const token = fields.text("unk_token", usual);
  if (Object.hasOwn(vocab, token)) return token;
  throw fields.broken(`has no token ${JSON.stringify(token)} for what is unknown`);
}
