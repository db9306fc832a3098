/** How the processors and warpers of Hugging Face change the scores of one sequence, by sorting. */

/** Scores of ids that are in `said` become less likely. */
export function penalized(
  scores: readonly number[],
  said: ReadonlySet<number>,
  penalty: number,
): number[] {
  return scores.map((score, id) => {
    if (!said.has(id)) return score;
    return score > 0 ? score / penalty : score * penalty;
  });
}

export function logSoftmax(logits: readonly number[]): number[] {
  const top = Math.max(...logits);
  const norm = top + Math.log(logits.reduce((sum, x) => sum + Math.exp(x - top), 0));
  return logits.map((x) => x - norm);
}

interface Warping {
  readonly temperature: number;
  /** 0 leaves all. */
  readonly topK: number;
  readonly topP: number;
  /** How many are left at least. */
  readonly least?: number;
}

/** Scores divided by the temperature; minus infinity for what top-k, then top-p drop. */
export function warped(
  scores: readonly number[],
  { temperature, topK, topP, least = 1 }: Warping,
): number[] {
  const scaled = scores.map((x) => x / temperature);
  const order = [...scaled.keys()].sort((a, b) => (scaled[b] ?? 0) - (scaled[a] ?? 0));
  const likely = order.slice(0, topK === 0 ? undefined : Math.max(topK, least));
  const top = scaled[order[0] ?? 0] ?? 0;
  const weight = (id: number) => Math.exp((scaled[id] ?? 0) - top);
  const total = likely.reduce((sum, id) => sum + weight(id), 0);
  const left = new Set<number>();
  let before = 0;
  for (const id of likely) {
    if (before >= topP * total && left.size >= least) break;
    left.add(id);
    before += weight(id);
  }
  return scaled.map((x, id) => (left.has(id) ? x : Number.NEGATIVE_INFINITY));
}

/** The probability of each outcome of drawing `count` items one after the other, without replacement. */
export function drawnSets(
  scores: readonly number[],
  count: number,
): readonly { readonly items: readonly number[]; readonly probability: number }[] {
  const top = Math.max(...scores);
  const weights = scores.map((x) => Math.exp(x - top));
  const found = new Map<string, { items: readonly number[]; probability: number }>();
  const draw = (items: readonly number[], probability: number, left: number): void => {
    const open = [...weights.keys()].filter((id) => weights[id] !== 0 && !items.includes(id));
    if (items.length === count || open.length === 0) {
      const sorted = [...items].sort((a, b) => a - b);
      const key = sorted.join(" ");
      const before = found.get(key)?.probability ?? 0;
      found.set(key, { items: sorted, probability: before + probability });
      return;
    }
    for (const id of open) {
      const weight = weights[id] ?? 0;
      draw([...items, id], (probability * weight) / left, left - weight);
    }
  };
  draw(
    [],
    1,
    weights.reduce((a, b) => a + b, 0),
  );
  return [...found.values()];
}

/**
 * Chi-square of counts against probabilities, and its degrees of freedom. Outcomes that are expected less
 * than 5 times are counted together.
 */
export function chiSquare(
  counts: ReadonlyMap<string, number>,
  shares: ReadonlyMap<string, number>,
): { readonly value: number; readonly freedom: number } {
  const draws = [...counts.values()].reduce((a, b) => a + b, 0);
  const cells: { seen: number; expected: number }[] = [];
  const rest = { seen: 0, expected: 0 };
  for (const [outcome, share] of shares) {
    const expected = share * draws;
    const seen = counts.get(outcome) ?? 0;
    if (expected >= 5) cells.push({ seen, expected });
    else {
      rest.seen += seen;
      rest.expected += expected;
    }
  }
  if (rest.expected > 0.5) cells.push(rest);
  const value = cells.reduce(
    (sum, { seen, expected }) => sum + (seen - expected) ** 2 / expected,
    0,
  );
  return { value, freedom: cells.length - 1 };
}

/** The 99.9th percentile of chi-square, by the approximation of Wilson and Hilferty. */
export function mostOf(freedom: number): number {
  const part = 2 / (9 * freedom);
  return freedom * (1 - part + 3.0902 * Math.sqrt(part)) ** 3;
}
