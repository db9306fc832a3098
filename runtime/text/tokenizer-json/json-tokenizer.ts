import { fault } from "../../faults.ts";
import { boundaryToken } from "../boundary-token.ts";
import { literalPattern } from "../piece-vocabulary.ts";
import type { EncodeOptions, Tokenizer, TokenizerOptions, TokenStream } from "../tokenizer.ts";
import type { LoadedFile } from "./loaded-file.ts";
import { WindowStream } from "./window-stream.ts";

/** A tokenizer of Hugging Face's, read from its `tokenizer.json`. */
export class JsonTokenizer implements Tokenizer {
  readonly size: number;
  readonly bosId: number | undefined;
  readonly eosId: number | undefined;
  readonly specialTokens: ReadonlyMap<string, number>;
  readonly #loaded: LoadedFile;
  readonly #options: TokenizerOptions;
  /** Tokens that the file does not have, in the order of their ids. */
  readonly #further: readonly string[];
  readonly #pattern: RegExp | undefined;
  readonly #special: ReadonlySet<number>;

  constructor(loaded: LoadedFile, options: TokenizerOptions = {}, further: readonly string[] = []) {
    this.#loaded = loaded;
    this.#options = options;
    this.#further = further;
    const { file, vocabulary } = loaded;
    const { size } = vocabulary;
    this.size = size + further.length;
    this.specialTokens = new Map([
      ...file.added.flatMap(({ special, content, id }) =>
        special ? [[content, id] as const] : [],
      ),
      ...further.map((name, n) => [name, size + n] as const),
    ]);
    this.#special = new Set(this.specialTokens.values());
    const { bos, eos } = file.boundaries;
    this.bosId = bos === undefined ? undefined : this.idOf(bos);
    this.eosId = eos === undefined ? undefined : this.idOf(eos);
    this.#pattern = further.length === 0 ? undefined : literalPattern(further, "gu");
  }

  encode(text: string, options: EncodeOptions = {}): number[] {
    const { bos = false, eos = false } = options;
    const { specialTokens = this.#options.specialTokens ?? false } = options;
    const ids = bos ? [boundaryToken(this, "bos")] : [];
    // Halves of a surrogate pair are no characters.
    const whole = text.replace(/\p{Surrogate}/gu, "\ufffd");
    if (specialTokens) this.#findIn(whole, ids);
    else append(ids, this.#loaded.encode(whole, false));
    if (eos) ids.push(boundaryToken(this, "eos"));
    return ids;
  }

  decode(ids: readonly number[]): string {
    this.#check(ids);
    return this.#loaded.decode(ids.filter((id) => !this.#isSilent(id)));
  }

  stream(): TokenStream {
    const window = new WindowStream(this.#loaded.decode);
    return {
      push: (id) => {
        this.#check([id]);
        return this.#isSilent(id) ? "" : window.push(id);
      },
      end: () => window.end(),
    };
  }

  idOf(name: string): number | undefined {
    return this.specialTokens.get(name) ?? this.#loaded.vocabulary.idOf(name);
  }

  withTokens(names: readonly string[]): JsonTokenizer {
    const lacking = names.filter((name) => this.idOf(name) === undefined);
    if (lacking.length === 0) return this;
    const all = [...new Set([...this.#further, ...lacking])];
    return new JsonTokenizer(this.#loaded, this.#options, all);
  }

  #findIn(text: string, ids: number[]): void {
    let from = 0;
    for (const match of this.#pattern === undefined ? [] : text.matchAll(this.#pattern)) {
      append(ids, this.#loaded.encode(text.slice(from, match.index), true));
      append(ids, [this.specialTokens.get(match[0]) ?? 0]);
      from = match.index + match[0].length;
    }
    append(ids, this.#loaded.encode(text.slice(from), true));
  }

  /** Special tokens, and numbers between the tokens that are none. */
  #isSilent(id: number): boolean {
    const { vocabulary } = this.#loaded;
    return this.#special.has(id) || (id < vocabulary.size && !vocabulary.has(id));
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
