import { Findings } from "../../../runtime/evaluate/entries/findings.ts";
import { msrvttVideos } from "../../../runtime/evaluate/layouts/msrvtt-layout.ts";
import { embeddingPlaces } from "../../../runtime/evaluate/metrics/embedding-places.ts";
import { joinedScores } from "../../../runtime/evaluate/scores/joined-scores.ts";
import { recallOfPlaces } from "../../../runtime/evaluate/scores/recall-scores.ts";
import { taskModes } from "../../../runtime/evaluate/tasks/task-modes.ts";
import type { VideoTask } from "../../../runtime/evaluate/tasks/task-registry.ts";
import { clipBlocks } from "./embeddings/clip-blocks.ts";
import { embedImages, embedTexts } from "./embeddings/embed.ts";
import { inRun } from "./embeddings/embedded-run.ts";
import { gathered } from "./embeddings/gathered.ts";
import type { EmbeddingRequest, EvaluationRequest } from "./evaluation-request.ts";
import { drawRetrieved, retrievedFiles } from "./retrieved.ts";
import type { ScoredFiles } from "./score-files.ts";

/**
 * Finds videos by captions and captions by videos: the embeddings of some frames are averaged as they are. The table has
 * recall of the cosines, and of the cosines weighted by the softmax over the queries.
 */
export async function evaluateVideos(
  task: VideoTask,
  request: EvaluationRequest & EmbeddingRequest,
): Promise<ScoredFiles> {
  const { data, limit, model, programs, batch, frames, folder, onProgress, onEmbedded } = request;
  const findings = new Findings();
  const all = msrvttVideos(data, findings, frames);
  findings.assertNone();
  const videos = all.slice(0, limit);
  const mode = request.mode ?? taskModes.videos[0];
  const protocol = { fit: "crop", frames, cleaned: false };
  const content = { mode, protocol, data: videos };
  return inRun(task, request, content, { videos: videos.length }, async () => {
    const options = { model, programs, batch, onEmbedded };
    const images = videos.flatMap((video) => video.images);
    const looked = embedImages(data, images, "crop", { ...options, mode, onProgress });
    const seen = await gathered(clipBlocks(looked, frames), videos.length);
    const texts = videos.map(({ caption }) => caption);
    const read = await gathered(
      embedTexts(texts, { ...options, mode: "encode_text" }),
      texts.length,
    );
    const imageOfText = videos.map((_, index) => index);
    const pairs = { texts: read.data, images: seen.data, width: seen.width, imageOfText };
    const ids = videos.map(({ id }) => id);
    const [plain, dual] = [false, true].map((isDual) =>
      recallOfPlaces(
        { images: ids, imageOfText, ...embeddingPlaces(pairs, isDual) },
        { gallery: "video" },
      ),
    );
    if (plain === undefined || dual === undefined) throw new RangeError("two ways of ranking");
    const pictures = videos.map(({ id, images: [first, ...others] }) => {
      const middle = others[Math.floor(others.length / 2) - 1] ?? first;
      return { id, path: middle?.path ?? "" };
    });
    await drawRetrieved({ pictures, texts, pairs, data, folder });
    return retrievedFiles(task, joinedScores(plain, dual, "dual softmax"), {
      inputs: [
        ...videos.map(({ id, numbers }) => ({ video: id, frames: numbers })),
        ...texts.map((text) => ({ text })),
      ],
      items: videos.length,
      all: all.length,
      folder,
      embeddings: { videos: seen, texts: read },
    });
  });
}
