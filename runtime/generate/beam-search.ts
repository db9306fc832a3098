import { BeamHypotheses, type Hypothesis } from "./beam-hypotheses.ts";
import type { Candidates } from "./token-model.ts";

interface BeamOptions {
  readonly beams: number;
  readonly maxNewTokens: number;
  readonly minNewTokens?: number | undefined;
  readonly ends: readonly number[];
  /** Scores are sums of log-probabilities divided by the length to this power. 1 if not given. */
  readonly lengthPenalty?: number | undefined;
  /** End as soon as there are as many finished hypotheses as beams. */
  readonly earlyStopping?: boolean | undefined;
}

/** What a search asks of a model: rows are prompts times beams, the beams of a prompt together. */
export interface BeamModel {
  readonly hasRoom: boolean;
  readonly begin: () => Promise<Candidates>;
  /** Row n goes on from row `parents[n]` with `tokens[n]`. */
  readonly next: (parents: readonly number[], tokens: readonly number[]) => Promise<Candidates>;
}

export interface BeamResult {
  /** The best hypothesis of each prompt, with its end token. */
  readonly best: readonly Hypothesis[];
  /** All that are left of each prompt, the best first. */
  readonly all: readonly (readonly Hypothesis[])[];
  readonly isContextFull: boolean;
}

interface Beam {
  readonly tokens: readonly number[];
  /** Sum of log-probabilities. */
  readonly score: number;
  /** The row that it goes on from. */
  readonly parent: number;
}

interface Continuation extends Beam {
  /** Decides which are looked at: the score itself, or one with the random number of a draw. */
  readonly key: number;
}

/** The score of a beam that is none: all beams of a prompt begin alike, and one of them is enough. */
const unused = -1e9;

/** Scores below are those of ids that are suppressed or were not left to draw from: the lowest there is. */
const suppressed = -1e30;

/**
 * Beam search as in Hugging Face's `generate`. Of each prompt the `2 * beams` best continuations are looked
 * at, from the best on: one that ends is a hypothesis if it is among the first `beams`, the others are the
 * next beams. Where candidates are drawn, those that are looked at are draws from all beams together, as in
 * its beam search with sampling, and again taken from the best on.
 */
export async function beamSearch(
  model: BeamModel,
  prompts: number,
  options: BeamOptions,
): Promise<BeamResult> {
  const { beams: width, maxNewTokens } = options;
  const searches = Array.from({ length: prompts }, (_, n) => new PromptSearch(n * width, options));
  let candidates = await model.begin();
  let count = 1;
  for (; ; count++) {
    for (const search of searches) search.extend(candidates, count);
    const isOver = searches.every((search) => search.isDone);
    if (isOver || count >= maxNewTokens || !model.hasRoom) break;
    const beams = searches.flatMap((search) => search.beams);
    candidates = await model.next(
      beams.map((beam) => beam.parent),
      beams.map((beam) => beam.tokens.at(-1) ?? 0),
    );
  }
  const isContextFull = count < maxNewTokens && searches.some((search) => !search.isDone);
  const all = searches.map((search) => search.finish());
  return { best: all.flatMap(([first]) => first ?? []), all, isContextFull };
}

/** The beams of one prompt. */
class PromptSearch {
  readonly #firstRow: number;
  readonly #options: BeamOptions;
  readonly #finished: BeamHypotheses;
  beams: readonly Beam[];
  isDone = false;

  constructor(firstRow: number, options: BeamOptions) {
    this.#firstRow = firstRow;
    this.#options = options;
    this.#finished = new BeamHypotheses(options);
    this.beams = Array.from({ length: options.beams }, (_, n) => ({
      tokens: [],
      score: n === 0 ? 0 : unused,
      parent: firstRow + n,
    }));
  }

  /** `count` is the number of tokens that the new beams have. */
  extend(candidates: Candidates, count: number): void {
    // What a finished prompt goes on with does not matter; its rows run along with the others.
    if (this.isDone) return;
    const { beams: width, ends, minNewTokens = 0 } = this.#options;
    const best = this.#continuations(candidates)
      .filter(({ tokens }) => count > minNewTokens || !ends.includes(tokens.at(-1) ?? -1))
      .sort((a, b) => b.key - a.key || a.parent - b.parent)
      .slice(0, Math.max(2, 1 + ends.length) * width)
      .sort((a, b) => b.score - a.score || a.parent - b.parent);
    const next: Beam[] = [];
    for (const [rank, beam] of best.entries()) {
      const isEnd = ends.includes(beam.tokens.at(-1) ?? -1);
      if (isEnd && rank < width) this.#finished.add(beam.tokens, beam.score);
      if (!isEnd) next.push(beam);
      if (next.length === width) break;
    }
    const [top = { score: unused }] = best;
    this.isDone = next.length === 0 || this.#finished.isDone(top.score, count);
    const [spare = { tokens: [0], parent: this.#firstRow }] = next;
    while (next.length < width) next.push({ ...spare, score: unused });
    this.beams = next;
  }

  /** Unfinished beams count as hypotheses at the end. */
  finish(): readonly Hypothesis[] {
    if (!this.isDone)
      for (const { tokens, score } of this.beams)
        if (score > unused / 2) this.#finished.add(tokens, score);
    return this.#finished.sorted();
  }

  #continuations({ count, logp, ids, keys = logp }: Candidates): Continuation[] {
    return this.beams.flatMap(({ tokens, score }, n) => {
      const parent = this.#firstRow + n;
      if (score <= unused / 2) return [];
      return Array.from({ length: count }, (_, rank) => rank).flatMap((rank) => {
        const place = parent * count + rank;
        const [token = 0, own = 0, key = 0] = [ids[place], logp[place], keys[place]];
        if (key <= suppressed) return [];
        return [{ tokens: [...tokens, token], score: score + own, parent, key: score + key }];
      });
    });
  }
}
