import { Findings } from "../../../runtime/evaluate/entries/findings.ts";
import { assertClasses, classTexts } from "../../../runtime/evaluate/layouts/class-texts.ts";
import type { ClassTask } from "../../../runtime/evaluate/tasks/vision-tasks.ts";
import { classifiedFiles, embedDirections, topByDirections } from "./classify.ts";
import { embedImages } from "./embed.ts";
import { inRun } from "./embedded-run.ts";
import { EmbeddingFile } from "./embedding-file.ts";
import type { EmbeddingRequest, EvaluationRequest } from "./evaluation-request.ts";
import { assertImages } from "./image-paths.ts";
import type { ScoredFiles } from "./score-files.ts";
import { kept } from "./written-blocks.ts";

/** Classifies pictures by the texts that templates make of class names. */
export async function evaluateClasses(
  task: ClassTask,
  request: EvaluationRequest & EmbeddingRequest,
): Promise<ScoredFiles> {
  const { data, limit, language, model, batch, folder, onProgress, onEmbedded } = request;
  const findings = new Findings();
  const set = task.layout.read(data, findings);
  findings.assertNone();
  const texts = classTexts(data, language, task.texts, set);
  const { classNames, templates } = texts;
  assertClasses(data, set.items, classNames.length, findings);
  const items = set.items.slice(0, limit);
  assertImages(data, items);
  const mode = request.mode ?? "encode_image_c";
  const protocol = { fit: "crop", language, templates: templates.length };
  const about = { images: items.length, classes: classNames.length };
  const content = { mode, protocol, data: { items, classNames, templates } };
  return inRun(task, request, content, about, async () => {
    const options = { model, batch, onEmbedded };
    const directions = await embedDirections(texts, { ...options, mode: "encode_text" });
    const file = new EmbeddingFile(folder, {
      classes: classNames.length,
      images: items.length,
    });
    const blocks = embedImages(data, items, "crop", { ...options, mode, onProgress });
    const tops = await topByDirections(kept(file, directions, blocks), directions);
    const named = items.map((item) => ({ ...item, input: { image: item.path } }));
    return classifiedFiles(task, { items: named, all: set.items.length, tops, classNames }, folder);
  });
}
