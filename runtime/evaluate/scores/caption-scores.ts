// Captions: BLEU-1 to 4, ROUGE-L and CIDEr over a set, per image, and for any draw of its images.
import { type BleuCounts, bleuCounts, bleuScores } from "../metrics/bleu.ts";
import { captionTokens } from "../metrics/caption-tokens.ts";
import { ciderPerImage } from "../metrics/cider.ts";
import { longestNgram, ngramsOf } from "../metrics/ngrams.ts";
import { pairwiseMean } from "../metrics/pairwise-sum.ts";
import { rougeL } from "../metrics/rouge-l.ts";
import {
  type Draw,
  drawnMean,
  indexUnits,
  type Numbers,
  type Scored,
  sumsByUnit,
} from "../tally.ts";
import type { TextItem, TextMetric } from "./text-item.ts";

/** How captions become tokens: as the toolkit does it, or not at all where they are tokens separated by blanks. */
export const captionTokenizers = ["ptb", "none"] as const;
export type CaptionTokenizer = (typeof captionTokenizers)[number];

/** How good captions are, in the order of the table. */
export const captionNumbers = ["CIDEr", "BLEU-4", "BLEU-3", "BLEU-2", "BLEU-1", "ROUGE-L"] as const;
const bleuNames = ["BLEU-1", "BLEU-2", "BLEU-3", "BLEU-4"];

/** METEOR and SPICE need programs of their own and are not among the scores. */
export function captionScores(tokenizer: CaptionTokenizer): TextMetric {
  const tokens = tokenizer === "ptb" ? captionTokens : (text: string) => text;
  return (items, outputs) => scoreCaptions(items, outputs, tokens);
}

function scoreCaptions(
  items: readonly TextItem[],
  outputs: readonly string[],
  tokens: (text: string) => string,
): Scored {
  const pairs = items.map(({ references }, index) => ({
    candidate: tokens(outputs[index] ?? ""),
    references: references.map(tokens),
  }));
  const counts = pairs.map(({ candidate, references }) =>
    bleuCounts(ngramsOf(candidate), references.map(ngramsOf)),
  );
  const cider = ciderPerImage(pairs);
  const rouge = pairs.map(({ candidate, references }) => rougeL(candidate, references));
  const words = outputs.map((text) => text.split(/\s+/u).filter(Boolean).length);
  const { units, indices } = indexUnits(items.map(({ unit }) => unit));
  const means = { "ROUGE-L": rouge, CIDEr: cider, "mean words": words };
  const sums = Object.entries(means).map(
    ([name, values]) => [name, sumsByUnit(values, indices, units.length)] as const,
  );
  const numbers = (draw?: Draw): Numbers => {
    const drawn = counts.map((own, item) => ({ own, times: draw?.[indices[item] ?? 0] ?? 1 }));
    const bleu = bleuScores(summed(drawn));
    const entries =
      draw === undefined
        ? Object.entries(means).map(([name, values]) => [name, pairwiseMean(values)] as const)
        : sums.map(([name, own]) => [name, drawnMean(own, draw)] as const);
    return {
      ...Object.fromEntries(bleuNames.map((name, index) => [name, bleu[index] ?? null])),
      ...Object.fromEntries(entries),
    };
  };
  return {
    tally: { units, numbers },
    columns: [...captionNumbers, "mean words"].map((name) => ({
      name,
      factor: name === "mean words" ? 1 : 100,
    })),
    items: items.map(({ id }, index) => {
      const bleu = bleuScores(counts[index] ?? emptyCounts());
      return {
        id,
        scores: {
          ...Object.fromEntries(bleuNames.map((name, order) => [name, bleu[order] ?? null])),
          "ROUGE-L": rouge[index] ?? null,
          CIDEr: cider[index] ?? null,
        },
      };
    }),
    details: { left_out: "METEOR and SPICE are not computed" },
  };
}

function emptyCounts(): BleuCounts {
  const zeros = Array<number>(longestNgram).fill(0);
  return { length: 0, referenceLength: 0, guesses: zeros, matches: zeros };
}

function summed(
  parts: readonly { readonly own: BleuCounts; readonly times: number }[],
): BleuCounts {
  const sum = (value: (own: BleuCounts) => number): number =>
    parts.reduce((total, { own, times }) => total + times * value(own), 0);
  const orders = Array.from({ length: longestNgram }, (_, order) => order);
  return {
    length: sum((own) => own.length),
    referenceLength: sum((own) => own.referenceLength),
    guesses: orders.map((order) => sum((own) => own.guesses[order] ?? 0)),
    matches: orders.map((order) => sum((own) => own.matches[order] ?? 0)),
  };
}
