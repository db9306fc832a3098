import { Findings } from "../../../runtime/evaluate/entries/findings.ts";
import type { RetrievalSet } from "../../../runtime/evaluate/layouts/retrieval-layouts.ts";
import { embeddingPlaces } from "../../../runtime/evaluate/metrics/embedding-places.ts";
import { recallOfPlaces } from "../../../runtime/evaluate/scores/recall-scores.ts";
import { taskModes } from "../../../runtime/evaluate/tasks/task-modes.ts";
import type { RetrievalTask } from "../../../runtime/evaluate/tasks/task-registry.ts";
import { cleanCaption } from "../../../runtime/text/clean-caption.ts";
import { embedImages, embedTexts } from "./embeddings/embed.ts";
import { inRun } from "./embeddings/embedded-run.ts";
import { gathered } from "./embeddings/gathered.ts";
import type { EmbeddingRequest, EvaluationRequest } from "./evaluation-request.ts";
import { assertImages } from "./image-paths.ts";
import { drawRetrieved, retrievedFiles } from "./retrieved.ts";
import type { ScoredFiles } from "./score-files.ts";

/** Embeds images and captions, and looks how far in front each finds the other. */
export async function evaluateRetrieval(
  task: RetrievalTask,
  request: EvaluationRequest & EmbeddingRequest,
): Promise<ScoredFiles> {
  const {
    data,
    limit,
    language,
    model,
    programs,
    batch,
    folder,
    onProgress,
    onEmbedded,
    dualSoftmax,
  } = request;
  const findings = new Findings();
  const all = task.layout.read(data, findings, language, request.split);
  findings.assertNone();
  const { images, captions } = firstImages(all, limit);
  assertImages(data, images);
  const texts = captions.map(({ text }) => (task.isCleaned ? cleanCaption(text) : text));
  const mode = request.mode ?? taskModes.retrieval[0];
  const protocol = { fit: "squash", cleaned: task.isCleaned, dualSoftmax, language };
  const about = { images: images.length, captions: captions.length };
  const content = { mode, protocol, data: { images, captions } };
  return inRun(task, request, content, about, async () => {
    const options = { model, programs, batch, onEmbedded };
    const seen = await gathered(
      embedImages(data, images, "squash", { ...options, mode, onProgress }),
      images.length,
    );
    const read = await gathered(
      embedTexts(texts, { ...options, mode: "encode_text" }),
      texts.length,
    );
    const imageOfText = captions.map(({ image }) => image);
    const pairs = { texts: read.data, images: seen.data, width: seen.width, imageOfText };
    const places = embeddingPlaces(pairs, dualSoftmax);
    const ids = images.map(({ id }) => id);
    const scored = recallOfPlaces({ images: ids, imageOfText, ...places }, { names: task.names });
    const shown = { pictures: images, texts, pairs, data, folder };
    await drawRetrieved(shown);
    return retrievedFiles(task, scored, {
      inputs: [...images.map(({ path }) => ({ image: path })), ...texts.map((text) => ({ text }))],
      items: images.length,
      all: all.images.length,
      folder,
      embeddings: { images: seen, texts: read },
    });
  });
}

/** The first images of a set with their captions: the gallery shrinks, too. */
function firstImages({ images, captions }: RetrievalSet, limit: number | undefined): RetrievalSet {
  const kept = images.slice(0, limit);
  return { images: kept, captions: captions.filter(({ image }) => image < kept.length) };
}
