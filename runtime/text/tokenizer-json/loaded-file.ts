import { fault, type RuntimeFault } from "../../faults.ts";
import { type LibraryTokenizer, libraryTokenizer } from "./library-tokenizer.ts";
import type { TokenizerFile } from "./tokenizer-file.ts";
import { type Vocabulary, vocabularyOf } from "./vocabulary.ts";

/** A file with the tables that are made of it, once for all tokenizers that differ in added tokens only. */
export class LoadedFile {
  readonly file: TokenizerFile;
  readonly vocabulary: Vocabulary;
  readonly #path: string;
  /** In its texts no special token is found. */
  readonly #plain: LibraryTokenizer;
  #finding: LibraryTokenizer | undefined;

  constructor(path: string, file: TokenizerFile) {
    this.#path = path;
    this.file = file;
    this.vocabulary = vocabularyOf(file);
    this.#plain = this.#made(false);
  }

  /** Where there is no token for what is unknown, it has none. */
  encode(text: string, findsSpecials: boolean): readonly number[] {
    if (findsSpecials) this.#finding ??= this.#made(true);
    const tokenizer = (findsSpecials ? this.#finding : undefined) ?? this.#plain;
    try {
      return tokenizer.encode(text).filter((id) => id !== undefined);
    } catch (error) {
      throw this.#unusable(error);
    }
  }

  /** Special tokens must not be among them. */
  readonly decode = (ids: readonly number[]): string => this.#plain.decode(ids);

  /** What the library says of a file becomes a fault: the file may be anything. */
  #made(findsSpecials: boolean): LibraryTokenizer {
    try {
      return libraryTokenizer(this.file, findsSpecials);
    } catch (error) {
      throw this.#unusable(error);
    }
  }

  #unusable(error: unknown): RuntimeFault {
    const reason = error instanceof Error ? error.message : String(error);
    return fault("unsupported-tokenizer", { path: this.#path, reason: reason.slice(0, 200) });
  }
}
