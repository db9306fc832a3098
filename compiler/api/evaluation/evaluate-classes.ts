import { Findings } from "../../../runtime/evaluate/entries/findings.ts";
import { assertClasses, classTexts } from "../../../runtime/evaluate/layouts/class-texts.ts";
import { taskModes } from "../../../runtime/evaluate/tasks/task-modes.ts";
import type { ClassTask } from "../../../runtime/evaluate/tasks/vision-tasks.ts";
import { classifiedFiles, embedDirections, topByDirections } from "./classify.ts";
import { embedImages } from "./embeddings/embed.ts";
import { inRun } from "./embeddings/embedded-run.ts";
import { EmbeddingFile } from "./embeddings/embedding-file.ts";
import { kept } from "./embeddings/written-blocks.ts";
import type { EmbeddingRequest, EvaluationRequest } from "./evaluation-request.ts";
import { assertImages } from "./image-paths.ts";
import type { ScoredFiles } from "./score-files.ts";

/** Classifies pictures by the texts that templates make of class names. */
export async function evaluateClasses(
  task: ClassTask,
  request: EvaluationRequest & EmbeddingRequest,
): Promise<ScoredFiles> {
  const { data, limit, language, model, programs, batch, folder, onProgress, onEmbedded } = request;
  const findings = new Findings();
  const set = task.layout.read(data, findings);
  findings.assertNone();
  const texts = classTexts(data, language, task.texts, set);
  const { classNames, templates } = texts;
  assertClasses(data, set.items, classNames.length, findings);
  const items = set.items.slice(0, limit);
  assertImages(data, items);
  const mode = request.mode ?? taskModes.classes[0];
  const protocol = { fit: "crop", language, templates: templates.length };
  const about = { images: items.length, classes: classNames.length };
  const content = { mode, protocol, data: { items, classNames, templates } };
  return inRun(task, request, content, about, async () => {
    const options = { model, programs, batch, onEmbedded };
    const directions = await embedDirections(texts, { ...options, mode: "encode_text" });
    const file = new EmbeddingFile(folder, {
      classes: classNames.length,
      images: items.length,
    });
    const blocks = embedImages(data, items, "crop", { ...options, mode, onProgress });
    const tops = await topByDirections(kept(file, directions, blocks), directions);
    const named = items.map((item) => ({ ...item, input: { image: item.path } }));
    const classified = { items: named, all: set.items.length, tops, classNames };
    const found = await classifiedFiles(task, classified, folder);
    const details = { ...found.scored.details, ...aboutTemplates(task, templates, language) };
    return { ...found, scored: { ...found.scored, details } };
  });
}

/** Templates of ImageNet by language, as the paper has them: those that stand twice count twice. */
const publishedTemplates: Readonly<Record<string, number>> = {
  en: 80,
  cn: 80,
  jp: 37,
  ar: 55,
  it: 49,
};

/** How many templates there are, and a note where they are not as many as in the paper. */
function aboutTemplates({ name }: ClassTask, templates: readonly string[], language: string) {
  const published = name === "zero_shot:imagenet" ? publishedTemplates[language] : undefined;
  const isOther = published !== undefined && published !== templates.length;
  return {
    templates: templates.length,
    distinct_templates: new Set(templates).size,
    ...(isOther
      ? { note: `${templates.length} templates, and the paper has ${published} in ${language}` }
      : {}),
  };
}
