/** What every task says of itself. */
export interface TaskRecord {
  /** With its set, where there are several: `retrieval:coco`. */
  readonly name: string;
  /** Rows of the paper's evaluations. */
  readonly rows: readonly number[];
  readonly summary: string;
  /** What the bootstrap draws. */
  readonly unit: string;
  /** The name of the metric's rule. */
  readonly rule: string;
  /** Numbers that it has whatever the data are, as its scorer calls them, by the words that experiments have for them. */
  readonly numbers: Readonly<Record<string, string>>;
  /** Its data are a folder of anybody's, in a form that `weft train` reads, and may have splits. */
  readonly isOpen?: boolean | undefined;
}

/** Names of numbers by their words: those of `word`, else the name in small letters. */
export function numbersOf<N extends string>(
  names: readonly N[],
  word: (name: N) => string = (name) => name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "_"),
): TaskRecord["numbers"] {
  return Object.fromEntries(names.map((name) => [word(name), name]));
}
