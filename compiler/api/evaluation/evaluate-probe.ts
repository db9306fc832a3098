import { Findings } from "../../../runtime/evaluate/entries/findings.ts";
import { assertClasses } from "../../../runtime/evaluate/layouts/class-texts.ts";
import type { LabelledSet } from "../../../runtime/evaluate/layouts/labelled-images.ts";
import { maskedScores } from "../../../runtime/evaluate/metrics/class-ranks.ts";
import { taskModes } from "../../../runtime/evaluate/tasks/task-modes.ts";
import type { ProbeTask } from "../../../runtime/evaluate/tasks/vision-tasks.ts";
import { fault } from "../../../runtime/faults.ts";
import { classifiedFiles, topRows } from "./classify.ts";
import { embedImages } from "./embeddings/embed.ts";
import { inRun } from "./embeddings/embedded-run.ts";
import { EmbeddingFile } from "./embeddings/embedding-file.ts";
import { kept } from "./embeddings/written-blocks.ts";
import type { EmbeddingRequest, EvaluationRequest } from "./evaluation-request.ts";
import { assertImages } from "./image-paths.ts";
import type { ScoredFiles } from "./score-files.ts";

/**
 * Classifies pictures by the scores of a head that was trained on ImageNet. Of a set with a part of the classes, only
 * the scores of these are compared.
 */
export async function evaluateProbe(
  task: ProbeTask,
  request: EvaluationRequest & EmbeddingRequest,
): Promise<ScoredFiles> {
  const { data, limit, model, programs, batch, folder, onProgress, onEmbedded } = request;
  const findings = new Findings();
  const set = task.layout.read(data, findings, request.split);
  findings.assertNone();
  const items = set.items.slice(0, limit);
  assertImages(data, items);
  const mode = request.mode ?? taskModes.probe[0];
  const protocol = { fit: "crop", classes: set.kept ?? "all" };
  const content = { mode, protocol, data: items };
  return inRun(task, request, content, { images: items.length }, async () => {
    const options = { model, programs, batch, mode, onProgress, onEmbedded };
    const file = new EmbeddingFile(folder, { scores: items.length });
    const tops: (readonly number[])[] = [];
    let classes = set.kept?.length ?? 0;
    const blocks = embedImages(data, items, "crop", options);
    for await (const { data: scores, width, start } of kept(file, undefined, blocks)) {
      if (start === 0) assertHead(set, width);
      const cut = set.kept === undefined ? scores : cutRows(scores, width, set.kept);
      classes = set.kept?.length ?? width;
      tops.push(...topRows(cut, classes, start));
    }
    assertClasses(data, items, classes, findings);
    const classNames = Array.from({ length: classes }, (_, label) =>
      String(set.kept?.[label] ?? label),
    );
    const named = items.map((item) => ({ ...item, input: { image: item.path } }));
    return classifiedFiles(
      task,
      { items: named, all: set.items.length, tops, classNames, shown: task.shown },
      folder,
    );
  });
}

/** The head has as many classes as ImageNet's files say, or labels and scores would not be of the same classes. */
function assertHead({ classes }: LabelledSet, width: number): void {
  if (classes === undefined || classes === width) return;
  throw fault("eval-request", {
    reason: `the head has ${width} classes, and the data have ${classes}`,
    hint: "every class has a folder, also those without a picture in a part of the data",
  });
}

/** The columns of some classes, row by row. */
function cutRows(scores: Float32Array, width: number, classes: readonly number[]): Float32Array {
  const rows = scores.length / width;
  const cut = new Float32Array(rows * classes.length);
  for (let row = 0; row < rows; row++)
    cut.set(
      maskedScores(scores.subarray(row * width, (row + 1) * width), classes),
      row * classes.length,
    );
  return cut;
}
