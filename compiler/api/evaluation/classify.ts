import { join } from "node:path";
import type { ClassTexts } from "../../../runtime/evaluate/layouts/class-texts.ts";
import { topClasses } from "../../../runtime/evaluate/metrics/class-ranks.ts";
import {
  ClassDirections,
  classLogits,
} from "../../../runtime/evaluate/metrics/zero-shot-classifier.ts";
import {
  type ClassItem,
  type ClassNumber,
  classScores,
  confusionMatrix,
} from "../../../runtime/evaluate/scores/class-scores.ts";
import type { Task } from "../../../runtime/evaluate/tasks/task-registry.ts";
import { confusionPicture } from "../../../runtime/evaluate/written/confusion-picture.ts";
import { writePicture } from "../../../runtime/evaluate/written/write-picture.ts";
import { fault } from "../../../runtime/faults.ts";
import { type EmbeddedBlock, type EmbeddingOptions, embedTexts } from "./embeddings/embed.ts";
import type { ScoredFiles } from "./score-files.ts";
import { subjectOf } from "./subject-of.ts";

/** How many classes of an item are kept, best first. */
const depth = 5;

/** What a classifier has to be of, from the texts of its classes. */
interface Directions {
  /** [class, width], of unit length. */
  readonly data: Float32Array;
  readonly width: number;
}

/** The directions of classes: one text for each template, embedded and averaged while they come. */
export async function embedDirections(
  { classNames, templates }: ClassTexts,
  options: EmbeddingOptions,
): Promise<Directions> {
  const texts = classNames.flatMap((name) =>
    templates.map((template) => template.replaceAll("{c}", name)),
  );
  const directions = new ClassDirections(classNames.length, templates.length);
  for await (const { data, width } of embedTexts(texts, options)) directions.add(data, width);
  return { data: directions.finish(), width: directions.width };
}

/** The best classes of every item, from blocks of embeddings that are forgotten one after the other. */
export async function topByDirections(
  blocks: AsyncIterable<EmbeddedBlock>,
  directions: Directions,
): Promise<readonly (readonly number[])[]> {
  const tops: (readonly number[])[] = [];
  for await (const { data, width, start } of blocks) {
    if (width !== directions.width)
      throw fault("eval-request", {
        reason: `pictures are embedded in ${width} numbers, and texts in ${directions.width}`,
        hint: "--mode names the mode that embeds pictures beside texts",
      });
    const logits = classLogits(data, directions.data, width);
    tops.push(...topRows(logits, directions.data.length / width, start));
  }
  return tops;
}

/** The best classes of each row of scores [item, class]; the first item has this number. */
export function topRows(
  scores: Float32Array,
  classes: number,
  start: number,
): readonly (readonly number[])[] {
  return Array.from({ length: scores.length / classes }, (_, row) => {
    const own = scores.subarray(row * classes, (row + 1) * classes);
    const reason = `item ${start + row} has a score that is NaN`;
    if (own.some(Number.isNaN)) throw fault("eval-request", { reason });
    return topClasses(own, depth);
  });
}

interface Classified {
  readonly items: readonly (ClassItem & { readonly input: Readonly<Record<string, unknown>> })[];
  /** How many the set has without a limit. */
  readonly all: number;
  readonly tops: readonly (readonly number[])[];
  readonly classNames: readonly string[];
  readonly shown?: readonly ClassNumber[] | undefined;
}

/** Scores and written files of what was classified; with a folder, the confusion matrix as a picture. */
export async function classifiedFiles(
  task: Task,
  { items, all, tops, classNames, shown }: Classified,
  folder: string | undefined,
): Promise<ScoredFiles> {
  const firsts = tops.map(([first = -1]) => first);
  const matrix = confusionMatrix(items, firsts, classNames.length);
  const picture = confusionPicture(matrix, classNames);
  if (folder !== undefined) await writePicture(join(folder, "confusion.png"), picture);
  return {
    subject: subjectOf(task, { items: items.length, all }),
    scored: classScores(items, tops, classNames.length, shown),
    lines: items.map(({ id, input }, index) => ({
      task: task.name,
      id,
      input,
      output: tops[index] ?? [],
    })),
    resultFiles: [{ name: "confusion.svg", text: picture }],
  };
}
