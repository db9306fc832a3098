import { exp, log } from "./elementary.ts";
import { sampleUniform, uniformBits } from "./uniform.ts";

/** Random numbers of one sample at one place of the record, one after the other. */
export interface Draws {
  /** In [0, 1). */
  uniform(): number;
  /** A whole number from 0 to `count - 1`. */
  below(count: number): number;
  /** In [from, to). */
  between(from: number, to: number): number;
}

/** A sample of a run: the pass over the data, and its place in the order of that. */
export interface DrawnSample {
  readonly epoch: number;
  readonly place: number;
}

/** They depend on the seed, the sample and the name of what is drawn for alone. */
export function drawsOf(seed: number, { epoch, place }: DrawnSample, site: string): Draws {
  const stream = streamOf(site);
  let element = 0;
  const uniform = () => sampleUniform(stream, seed, epoch, place, element++);
  return {
    uniform,
    below: (count) => Math.floor(uniform() * count),
    between: (from, to) => from + (to - from) * uniform(),
  };
}

/** The seed of one of several things that draw apart under one seed. */
export function seedOf(seed: number, number: number): number {
  return uniformBits(partStream, seed, number, 0);
}

/** Far from the streams of names. */
const partStream = 0x50415254;

/** A number for a name: FNV-1a over its characters. */
export function streamOf(name: string): number {
  return [...name].reduce(
    (hash, character) => Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0,
    0x811c9dc5,
  );
}

/**
 * Beta(alpha, alpha), as mixing draws its shares: from two gamma numbers. The larger `alpha`, the less a share differs
 * from a half; from where f64 cannot tell, and for what is no number, nothing is drawn, because no draw would be taken.
 */
export function drawBeta(draws: Draws, alpha: number): number {
  if (!(alpha < 1e30)) return 0.5;
  const [first, second] = [drawGamma(draws, alpha), drawGamma(draws, alpha)];
  return first + second > 0 ? first / (first + second) : 0.5;
}

/** Marsaglia and Tsang's way (ACM TOMS 26, 2000); below 1 by a number of the next shape. */
function drawGamma(draws: Draws, shape: number): number {
  if (shape < 1) {
    const raised = drawGamma(draws, shape + 1);
    return raised * exp(log(1 - draws.uniform()) / shape);
  }
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = drawNormal(draws);
    const v = (1 + c * x) ** 3;
    if (v > 0 && log(1 - draws.uniform()) < 0.5 * x * x + d - d * v + d * log(v)) return d * v;
  }
}

/** The polar way, which needs no sine. */
function drawNormal(draws: Draws): number {
  for (;;) {
    const [x, y] = [draws.between(-1, 1), draws.between(-1, 1)];
    const square = x * x + y * y;
    if (square > 0 && square < 1) return x * Math.sqrt((-2 * log(square)) / square);
  }
}
