/** A finished sequence. */
export interface Hypothesis {
  readonly tokens: readonly number[];
  /** Log-probability by the length to the power of the length penalty. */
  readonly score: number;
}

/** The best finished sequences of one prompt, as many as there are beams. */
export class BeamHypotheses {
  readonly #width: number;
  readonly #lengthPenalty: number;
  readonly #earlyStopping: boolean;
  #kept: readonly Hypothesis[] = [];

  constructor({
    beams,
    lengthPenalty = 1,
    earlyStopping = false,
  }: {
    readonly beams: number;
    readonly lengthPenalty?: number | undefined;
    readonly earlyStopping?: boolean | undefined;
  }) {
    this.#width = beams;
    this.#lengthPenalty = lengthPenalty;
    this.#earlyStopping = earlyStopping;
  }

  /** `sum` of log-probabilities; the end token counts in the length. */
  add(tokens: readonly number[], sum: number): void {
    const hypothesis = { tokens, score: this.#scoreOf(sum, tokens.length) };
    this.#kept = [...this.#kept, hypothesis]
      .sort((a, b) => b.score - a.score)
      .slice(0, this.#width);
  }

  /** Whether nothing better can come: `best` is the highest sum of a beam of this length. */
  isDone(best: number, length: number): boolean {
    const worst = this.#kept[this.#width - 1];
    if (worst === undefined) return false;
    return this.#earlyStopping || worst.score >= this.#scoreOf(best, length);
  }

  sorted(): readonly Hypothesis[] {
    return this.#kept;
  }

  #scoreOf(sum: number, length: number): number {
    return sum / length ** this.#lengthPenalty;
  }
}
