// Short answers: the mean of a score per question, over all of them and over the kinds that the data names.
import { anls } from "../metrics/anls.ts";
import { isEqualAnswer, isGqaMatch } from "../metrics/answer-equality.ts";
import { isRelaxedMatch } from "../metrics/relaxed-accuracy.ts";
import { roundedPercent, textVqaAccuracy, vqaAccuracy } from "../metrics/vqa-accuracy.ts";
import {
  type Draw,
  drawnMean,
  indexUnits,
  meanOfAll,
  type Numbers,
  ratio,
  sumsByUnit,
} from "../tally.ts";
import { positionsBy, type TextItem, type TextMetric } from "./text-item.ts";

/** A rule by which one answer is scored; all its numbers are means over questions. */
interface AnswerRule {
  /** The first is the headline. */
  readonly names: readonly string[];
  readonly score: (answer: string, references: readonly string[]) => readonly (number | null)[];
  /** Percent with two decimals, as its scorer prints it; else fractions. */
  readonly isRounded?: boolean;
}

/** The rules by the names under which `run.json` has them. */
const answerRules = {
  vqa_eval: {
    names: ["accuracy"],
    score: (answer, references) => [vqaAccuracy(answer, references)],
    isRounded: true,
  },
  textvqa: {
    names: ["accuracy"],
    score: (answer, references) => [textVqaAccuracy(answer, references)],
  },
  gqa: {
    names: ["accuracy"],
    score: (answer, [reference = ""]) => [isGqaMatch(answer, reference) ? 1 : 0],
  },
  equality: {
    names: ["accuracy"],
    score: (answer, references) => [isEqualAnswer(answer, references) ? 1 : 0],
  },
  /** Of sets whose answers only a server has. */
  unscored: { names: [], score: () => [] },
  anls: { names: ["ANLS"], score: (answer, references) => [anls(answer, references)] },
  relaxed: {
    names: ["relaxed accuracy", "exact match"],
    score: (answer, references) => [
      isRelaxedMatch(answer, references) ? 1 : 0,
      isEqualAnswer(answer, references) ? 1 : 0,
    ],
  },
} as const satisfies Record<string, AnswerRule>;

export type AnswerRuleName = keyof typeof answerRules;

/** The numbers of a rule, the headline first; none where only a server has the answers. */
export function answerNumbers(name: AnswerRuleName): readonly string[] {
  return answerRules[name].names;
}

/** Scores answers by a rule; where items have groups, such as the two halves of ChartQA, numbers are means over groups. */
export function answerScores(name: AnswerRuleName): TextMetric {
  const rule: AnswerRule = answerRules[name];
  const shown = (mean: number | null): number | null =>
    mean !== null && rule.isRounded === true ? roundedPercent(mean) : mean;
  return (items, outputs) => {
    const scores = items.map(({ references }, index) =>
      rule.score(outputs[index] ?? "", references).map((value) => value ?? 0),
    );
    const { units, indices } = indexUnits(items.map(({ unit }) => unit));
    const groups = [...positionsBy(items, ({ group = "" }) => group).values()];
    const parts = rule.names.map((numberName, place) => {
      const values = scores.map((own) => own[place] ?? 0);
      const byGroup = groups.map((positions) => {
        const own = positions.map((position) => values[position] ?? 0);
        const places = positions.map((position) => indices[position] ?? 0);
        return { own, sums: sumsByUnit(own, places, units.length) };
      });
      return { numberName, values, byGroup };
    });
    const numbers = (draw?: Draw): Numbers =>
      Object.fromEntries(
        parts.map(({ numberName, byGroup }) => {
          const means = byGroup.map(({ own, sums }) =>
            draw === undefined ? mean(own) : drawnMean(sums, draw),
          );
          return [numberName, shown(meanOfAll(means))];
        }),
      );
    return {
      tally: { units, numbers },
      columns: rule.names.map((one) => ({ name: one, factor: rule.isRounded === true ? 1 : 100 })),
      items: items.map(({ id }, index) => ({
        id,
        scores: Object.fromEntries(
          rule.names.map((one, place) => [one, shown(scores[index]?.[place] ?? 0)]),
        ),
      })),
      details:
        name === "unscored"
          ? { left_out: "answers are not public: result.json is what the server takes" }
          : { rule: name, ...detailsByKind(items, parts[0]?.values ?? [], shown) },
    };
  };
}

/** Means of the headline by group and by each kind that items name. */
function detailsByKind(
  items: readonly TextItem[],
  values: readonly number[],
  shown: (mean: number | null) => number | null,
): Readonly<Record<string, unknown>> {
  const kinds = new Set(items.flatMap(({ kinds: own = {} }) => Object.keys(own)));
  const table = (keyOf: (item: TextItem) => string | undefined) => {
    const groups = positionsBy(items, (item) => keyOf(item) ?? "");
    return Object.fromEntries(
      [...groups]
        .filter(([key]) => key !== "")
        .map(([key, positions]) => [
          key,
          shown(mean(positions.map((position) => values[position] ?? 0))),
        ]),
    );
  };
  const hasGroups = items.some(({ group }) => group !== undefined);
  return {
    ...(hasGroups ? { groups: table(({ group }) => group) } : {}),
    ...Object.fromEntries([...kinds].map((kind) => [kind, table(({ kinds: own }) => own?.[kind])])),
  };
}

function mean(values: readonly number[]): number | null {
  return ratio(
    values.reduce((sum, value) => sum + value, 0),
    values.length,
  );
}
