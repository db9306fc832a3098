// POPE: questions whether an object is in an image, answered yes or no; "yes" is the positive class.
import { ratio } from "../tally.ts";

type YesNo = "yes" | "no";

const denials: ReadonlySet<string> = new Set(["No", "not", "no"]);

/** An answer says no where its first sentence has one of the words No, not, no; everything else says yes. */
export function parseYesNo(answer: string): YesNo {
  const [sentence = ""] = answer.split(".");
  const words = sentence.replaceAll(",", "").split(" ");
  return words.some((word) => denials.has(word)) ? "no" : "yes";
}

export interface YesNoCounts {
  readonly truePositive: number;
  readonly falsePositive: number;
  readonly trueNegative: number;
  readonly falseNegative: number;
}

interface YesNoScores {
  readonly accuracy: number | null;
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
  /** The share of questions that were answered with yes. */
  readonly yesRatio: number | null;
}

/** Scores of counts; `null` where nothing was predicted or nothing was there, and F1 also where both of its parts are 0. */
export function yesNoScores(counts: YesNoCounts): YesNoScores {
  const { truePositive, falsePositive, trueNegative, falseNegative } = counts;
  const all = truePositive + falsePositive + trueNegative + falseNegative;
  const precision = ratio(truePositive, truePositive + falsePositive);
  const recall = ratio(truePositive, truePositive + falseNegative);
  return {
    accuracy: ratio(truePositive + trueNegative, all),
    precision,
    recall,
    f1:
      precision === null || recall === null
        ? null
        : ratio(2 * precision * recall, precision + recall),
    yesRatio: ratio(truePositive + falsePositive, all),
  };
}
