/** How the next token is chosen on the device, so that a step reads back a few bytes. */
export interface Sampling {
  /** A fn of `std/sampling`. */
  readonly choose: "greedy" | "sample" | "candidates" | "draws";
  readonly temperature?: number;
  /** 0 leaves all. */
  readonly topK?: number;
  readonly topP?: number;
  /** How many `candidates` and `draws` give. */
  readonly candidates?: number;
  /** Above 1, ids that stand in the prompt or in the answer become less likely. */
  readonly repetitionPenalty?: number;
  /** The input of the first step that holds the ids of the prompt; the others take one id of each sequence. */
  readonly prompt?: string;
  /** Tokens that end a text, which the first `minNewTokens` must not be. */
  readonly ends?: readonly number[];
  readonly minNewTokens?: number;
  /** Results also in the logits, for who wants to see them. */
  readonly keepLogits?: boolean;
}

interface WrongSetting {
  readonly setting: string;
  readonly value: number;
  readonly needed: string;
}

/** The first setting of a choice of tokens that makes no sense, for a vocabulary of this size. */
export function wrongSetting(
  sampling: Sampling,
  vocabulary: number | undefined,
): WrongSetting | undefined {
  const { choose, temperature = 1, topK = 0, topP = 1, candidates = 1 } = sampling;
  const { minNewTokens = 0, ends = [], repetitionPenalty = 1 } = sampling;
  const most = vocabulary ?? Number.POSITIVE_INFINITY;
  const isCount = (value: number, from: number) => Number.isInteger(value) && value >= from;
  const wrong = (setting: string, value: number, needed: string) => ({ setting, value, needed });
  if (choose === "sample" || choose === "draws") {
    if (!(temperature > 0 && temperature < Number.POSITIVE_INFINITY))
      return wrong("temperature", temperature, "more than 0");
    if (!isCount(topK, 0) || topK > most)
      return wrong("top_k", topK, `a whole number from 0 (all) to the ${most} of the vocabulary`);
    if (!(topP > 0 && topP <= 1)) return wrong("top_p", topP, "more than 0 and at most 1");
  }
  if (
    (choose === "candidates" || choose === "draws") &&
    (!isCount(candidates, 1) || candidates > most)
  )
    return wrong(
      "candidates",
      candidates,
      `a whole number from 1 to the ${most} of the vocabulary`,
    );
  if (!(repetitionPenalty >= 1 && repetitionPenalty < Number.POSITIVE_INFINITY))
    return wrong("repetition_penalty", repetitionPenalty, "at least 1, which penalises nothing");
  if (!isCount(minNewTokens, 0))
    return wrong("min_new_tokens", minNewTokens, "a whole number from 0 on");
  const strange = ends.find((id) => !isCount(id, 0) || id >= most);
  return strange === undefined
    ? undefined
    : wrong("ends", strange, `the id of a token, below the ${most} of the vocabulary`);
}
