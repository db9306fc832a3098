import { Findings } from "../../../runtime/evaluate/entries/findings.ts";
import type { RetrievalSet } from "../../../runtime/evaluate/layouts/retrieval-layouts.ts";
import { embeddingPlaces } from "../../../runtime/evaluate/metrics/embedding-places.ts";
import { recallOfPlaces } from "../../../runtime/evaluate/scores/recall-scores.ts";
import type { RetrievalTask } from "../../../runtime/evaluate/tasks/task-registry.ts";
import { cleanCaption } from "../../../runtime/text/clean-caption.ts";
import { embedImages, embedTexts } from "./embed.ts";
import { beginEmbeddedRun } from "./embedded-run.ts";
import type { EmbeddingRequest, EvaluationRequest } from "./evaluation-request.ts";
import { imagePaths } from "./image-paths.ts";
import type { ScoredFiles } from "./score-files.ts";

/** Embeds images and captions, and looks how far in front each finds the other. */
export async function evaluateRetrieval(
  task: RetrievalTask,
  request: EvaluationRequest & EmbeddingRequest,
): Promise<ScoredFiles> {
  const { data, limit, language, model, batch, onProgress, dualSoftmax } = request;
  const findings = new Findings();
  const all = task.layout.read(data, findings, language);
  findings.assertNone();
  const { images, captions } = firstImages(all, limit);
  const paths = imagePaths(data, images);
  const texts = captions.map(({ text }) => (task.isCleaned ? cleanCaption(text) : text));
  const mode = request.mode ?? "encode_image_c";
  const protocol = { fit: "squash", cleaned: task.isCleaned, dualSoftmax, language };
  const about = { images: images.length, captions: captions.length };
  const run = beginEmbeddedRun(
    task,
    request,
    { mode, protocol, data: { images, captions } },
    about,
  );
  try {
    const seen = await embedImages(paths, "squash", { model, mode, batch, onProgress });
    const read = await embedTexts(texts, { model, mode: "encode_text", batch });
    const imageOfText = captions.map(({ image }) => image);
    const pairs = { texts: read.data, images: seen.data, width: seen.width, imageOfText };
    const places = embeddingPlaces(pairs, dualSoftmax);
    const ids = images.map(({ id }) => id);
    const scored = recallOfPlaces({ images: ids, imageOfText, ...places }, { names: task.names });
    run.keep({ images: seen, texts: read });
    return {
      subject: {
        task: task.name,
        rule: task.rule,
        unit: task.unit,
        items: images.length,
        missing: 0,
        partial: images.length < all.images.length,
      },
      scored,
      lines: scored.items.map(({ id }, index) => ({
        task: task.name,
        id,
        input:
          index < images.length
            ? { image: images[index]?.path ?? "" }
            : { text: texts[index - images.length] ?? "" },
        output: null,
      })),
      resultFiles: [],
    };
  } finally {
    run.end();
  }
}

/** The first images of a set with their captions: the gallery shrinks, too. */
function firstImages({ images, captions }: RetrievalSet, limit: number | undefined): RetrievalSet {
  const kept = images.slice(0, limit);
  return { images: kept, captions: captions.filter(({ image }) => image < kept.length) };
}
