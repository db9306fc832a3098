import { Findings } from "../../../runtime/evaluate/entries/findings.ts";
import type { ClassSet } from "../../../runtime/evaluate/layouts/class-layouts.ts";
import { topClasses } from "../../../runtime/evaluate/metrics/class-ranks.ts";
import {
  classDirections,
  classLogits,
} from "../../../runtime/evaluate/metrics/zero-shot-classifier.ts";
import { classScores, confusionMatrix } from "../../../runtime/evaluate/scores/class-scores.ts";
import type { ClassTask } from "../../../runtime/evaluate/tasks/task-registry.ts";
import { confusionPicture } from "../../../runtime/evaluate/written/confusion-picture.ts";
import { embedImages, embedTexts } from "./embed.ts";
import { beginEmbeddedRun } from "./embedded-run.ts";
import type { EmbeddingRequest, EvaluationRequest } from "./evaluation-request.ts";
import { imagePaths } from "./image-paths.ts";
import type { ScoredFiles } from "./score-files.ts";

/** Classifies images by the texts that templates make of class names. */
export async function evaluateClasses(
  task: ClassTask,
  request: EvaluationRequest & EmbeddingRequest,
): Promise<ScoredFiles> {
  const { data, limit, language, model, batch, onProgress } = request;
  const findings = new Findings();
  const set = task.layout.read(data, findings, language);
  findings.assertNone();
  const items = set.items.slice(0, limit);
  const { classNames, templates } = set;
  const paths = imagePaths(data, items);
  const mode = request.mode ?? "encode_image_c";
  const protocol = { fit: "crop", language, templates: templates.length };
  const about = { images: items.length, classes: classNames.length };
  const run = beginEmbeddedRun(
    task,
    request,
    { mode, protocol, data: { items, classNames, templates } },
    about,
  );
  try {
    const texts = await embedTexts(textsOf(set), { model, mode: "encode_text", batch });
    const seen = await embedImages(paths, "crop", { model, mode, batch, onProgress });
    const directions = classDirections(texts.data, classNames.length, texts.width);
    const tops = items.map((_, index) => {
      const own = seen.data.subarray(index * seen.width, (index + 1) * seen.width);
      return topClasses(classLogits(own, directions, seen.width), 5);
    });
    run.keep({ images: seen, classes: { data: directions, width: texts.width } });
    return {
      subject: {
        task: task.name,
        rule: task.rule,
        unit: task.unit,
        items: items.length,
        missing: 0,
        partial: items.length < set.items.length,
      },
      scored: classScores(items, tops, classNames.length),
      lines: items.map(({ id, path }, index) => ({
        task: task.name,
        id,
        input: { image: path },
        output: tops[index] ?? [],
      })),
      resultFiles: [
        {
          name: "confusion.svg",
          text: confusionPicture(
            confusionMatrix(
              items,
              tops.map(([first = -1]) => first),
              classNames.length,
            ),
            classNames,
          ),
        },
      ],
    };
  } finally {
    run.end();
  }
}

/** Class by class, each in all templates. */
function textsOf({ classNames, templates }: ClassSet): readonly string[] {
  return classNames.flatMap((name) => templates.map((text) => text.replaceAll("{c}", name)));
}
