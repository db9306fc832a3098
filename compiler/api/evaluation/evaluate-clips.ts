import { Findings } from "../../../runtime/evaluate/entries/findings.ts";
import { classTexts } from "../../../runtime/evaluate/layouts/class-texts.ts";
import { kineticsClips } from "../../../runtime/evaluate/layouts/kinetics-layout.ts";
import { taskModes } from "../../../runtime/evaluate/tasks/task-modes.ts";
import { type ClipTask, clipNumbers } from "../../../runtime/evaluate/tasks/vision-tasks.ts";
import { classifiedFiles, embedDirections, topByDirections } from "./classify.ts";
import { clipBlocks } from "./embeddings/clip-blocks.ts";
import { embedImages } from "./embeddings/embed.ts";
import { inRun } from "./embeddings/embedded-run.ts";
import { EmbeddingFile } from "./embeddings/embedding-file.ts";
import { kept } from "./embeddings/written-blocks.ts";
import type { EmbeddingRequest, EvaluationRequest } from "./evaluation-request.ts";
import type { ScoredFiles } from "./score-files.ts";

/** Classifies clips by texts: the embeddings of a few frames are averaged. */
export async function evaluateClips(
  task: ClipTask,
  request: EvaluationRequest & EmbeddingRequest,
): Promise<ScoredFiles> {
  const { data, limit, language, model, programs, batch, frames, folder, onProgress, onEmbedded } =
    request;
  const findings = new Findings();
  const set = kineticsClips(data, findings, frames);
  findings.assertNone();
  const items = set.items.slice(0, limit);
  const texts = classTexts(data, language, task.texts, set);
  const { classNames, templates } = texts;
  const mode = request.mode ?? taskModes.clips[0];
  const protocol = { fit: "crop", frames, language, templates };
  const about = { clips: items.length, classes: classNames.length };
  const content = { mode, protocol, data: { items, classNames } };
  return inRun(task, request, content, about, async () => {
    const options = { model, programs, batch, onEmbedded };
    const directions = await embedDirections(texts, { ...options, mode: "encode_text" });
    const file = new EmbeddingFile(folder, { classes: classNames.length, clips: items.length });
    const images = items.flatMap((item) => item.images);
    const seen = embedImages(data, images, "crop", { ...options, mode, onProgress });
    const blocks = kept(file, directions, clipBlocks(seen, frames));
    const tops = await topByDirections(blocks, directions);
    const named = items.map((item) => ({
      ...item,
      input: { clip: item.id, frames: item.numbers },
    }));
    return classifiedFiles(
      task,
      { items: named, all: set.items.length, tops, classNames, shown: clipNumbers },
      folder,
    );
  });
}
