import { fault } from "../faults.ts";
import { literalPattern } from "./piece-vocabulary.ts";
import type { SentencePiece } from "./sentencepiece.ts";
import type { EncodeOptions, Tokenizer, TokenizerOptions, TokenStream } from "./tokenizer.ts";

/**
 * The tokenizer of LLaMA as its checkpoints were trained with it ("slow", legacy behaviour): a
 * SentencePiece model, and tokens that, where they are asked for, are recognised in text before it is
 * asked. Each stretch of text between two such tokens is encoded as a text of its own, with a space in front.
 */
export class SentencePieceTokenizer implements Tokenizer {
  readonly model: SentencePiece;
  /** Added tokens by name; ids go on where the pieces end. */
  readonly added: ReadonlyMap<string, number>;
  readonly bosId: number;
  readonly eosId: number;
  /** Pieces and added tokens. */
  readonly size: number;
  /** Control pieces, the unknown piece and added tokens. */
  readonly specialTokens: ReadonlyMap<string, number>;
  readonly #options: TokenizerOptions;
  readonly #names: ReadonlyMap<number, string>;
  readonly #pattern: RegExp;

  constructor(model: SentencePiece, options: TokenizerOptions = {}, added: readonly string[] = []) {
    this.model = model;
    this.#options = options;
    this.bosId = controlId(model, "<s>");
    this.eosId = controlId(model, "</s>");
    this.size = model.pieces.length + added.length;
    this.added = new Map(added.map((name, index) => [name, model.pieces.length + index]));
    this.specialTokens = new Map([
      [model.pieces[model.unknownId]?.text ?? "<unk>", model.unknownId],
      ...model.pieces.flatMap(({ text, kind }, id) =>
        kind === "control" ? [[text, id] as const] : [],
      ),
      ...this.added,
    ]);
    this.#names = new Map([...this.specialTokens].map(([name, id]) => [id, name]));
    this.#pattern = literalPattern([...this.specialTokens.keys()], "gu");
  }

  withTokens(names: readonly string[]): SentencePieceTokenizer {
    const all = new Set([...this.added.keys(), ...names]);
    return new SentencePieceTokenizer(this.model, this.#options, [...all]);
  }

  idOf(name: string): number | undefined {
    return this.specialTokens.get(name) ?? this.model.idOf(name);
  }

  encode(text: string, options: EncodeOptions = {}): number[] {
    const { bos = false, eos = false } = options;
    const { specialTokens = this.#options.specialTokens ?? false } = options;
    const ids: number[] = bos ? [this.bosId] : [];
    let from = 0;
    for (const match of specialTokens ? text.matchAll(this.#pattern) : []) {
      append(ids, this.model.encode(text.slice(from, match.index)));
      ids.push(this.specialTokens.get(match[0]) ?? this.model.unknownId);
      from = match.index + match[0].length;
    }
    append(ids, this.model.encode(text.slice(from)));
    if (eos) ids.push(this.eosId);
    return ids;
  }

  /** The text that `encode` was given, as SentencePiece decodes: `<s>`, `</s>` and added tokens have none. */
  decode(ids: readonly number[]): string {
    this.#check(ids);
    return this.model.decode(ids.filter((id) => id < this.model.pieces.length));
  }

  /**
   * As the tokenizer of Hugging Face decodes: a space at the start of the text is dropped once more than
   * `encode` added one. With `keepSpecials`, special tokens appear by name.
   */
  decodeLegacy(ids: readonly number[], { keepSpecials = false } = {}): string {
    this.#check(ids);
    const kept = keepSpecials ? ids : ids.filter((id) => !this.#names.has(id));
    let text = "";
    let run = "";
    let decoder = this.model.decoder();
    let wasSpecial = false;
    for (const [index, id] of kept.entries()) {
      const name = this.#names.get(id);
      if (name !== undefined) {
        // The space stands before the run that the special token ends, whatever the run begins with.
        text += `${!wasSpecial && index !== 0 ? " " : ""}${run}${decoder.end()}${name}`;
        run = "";
        decoder = this.model.decoder();
      } else {
        const piece = this.model.pieces[id] ?? this.model.unknown;
        const opens = piece.text.startsWith("▁");
        if (wasSpecial && index === 1 && !opens) text += " ";
        run += decoder.push(index === 0 && opens ? { ...piece, text: piece.text.slice(1) } : piece);
      }
      wasSpecial = name !== undefined;
    }
    return text + run + decoder.end();
  }

  stream(): TokenStream {
    const decoder = this.model.decoder();
    return {
      push: (id) => {
        this.#check([id]);
        const piece = this.model.pieces[id];
        return piece === undefined || this.#names.has(id) ? "" : decoder.push(piece);
      },
      end: () => decoder.end(),
    };
  }

  #check(ids: readonly number[]): void {
    const wrong = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= this.size);
    if (wrong !== undefined) throw fault("no-such-token", { id: wrong, size: this.size });
  }
}

/** `push(...ids)` would put a long text on the stack. */
function append(ids: number[], more: readonly number[]): void {
  for (const id of more) ids.push(id);
}

/** Models without such a piece use the ids that SentencePiece gives by default. */
function controlId(model: SentencePiece, name: "<s>" | "</s>"): number {
  return model.idOf(name) ?? (name === "<s>" ? 1 : 2);
}
