import { join } from "node:path";
import { Findings } from "../../../runtime/evaluate/entries/findings.ts";
import {
  ade20k,
  type LabelledPhoto,
  regionNames,
} from "../../../runtime/evaluate/layouts/ade20k-layout.ts";
import { type Overlap, overlapOf } from "../../../runtime/evaluate/metrics/region-overlap.ts";
import { regionScores } from "../../../runtime/evaluate/scores/region-scores.ts";
import { taskModes } from "../../../runtime/evaluate/tasks/task-modes.ts";
import type { RegionTask } from "../../../runtime/evaluate/tasks/task-registry.ts";
import { fault } from "../../../runtime/faults.ts";
import { inRun } from "./embeddings/embedded-run.ts";
import type { EmbeddingRequest, EvaluationRequest } from "./evaluation-request.ts";
import { knownLabels, readLabelMap, writeLabels } from "./label-maps.ts";
import type { ScoredFiles } from "./score-files.ts";
import { patch, segmentPhoto, strideShare } from "./segment-photo.ts";
import type { OpenMode } from "./shared-programs.ts";
import { subjectOf } from "./subject-of.ts";

/** Labels every pixel of ADE20K's validation photos with a head that scores windows. What a folder has is not run again. */
export async function evaluateRegions(
  task: RegionTask,
  request: EvaluationRequest & EmbeddingRequest,
): Promise<ScoredFiles> {
  const { data, limit, programs } = request;
  const findings = new Findings();
  const all = ade20k(data, findings);
  findings.assertNone();
  const photos = all.slice(0, limit);
  const mode = request.mode ?? taskModes.regions[0];
  const longest = task.longest ?? "unbounded";
  const protocol = { window: "the model's image", strideShare, patch, longest };
  const content = { mode, protocol, data: photos };
  return inRun(task, request, content, { photos: photos.length }, async () => {
    const segmenter = await programs.mode("image", mode, 1);
    try {
      const classes = segmenter.artifact.outputs[0]?.shape[1]?.size ?? 0;
      const overlaps = await overlapsOf(task, photos, request, segmenter);
      const ids = photos.map(({ id }) => id);
      return {
        subject: subjectOf(task, { items: photos.length, all: all.length }),
        scored: regionScores(ids, overlaps, classes),
        lines: photos.map(({ id, path }) => ({
          task: task.name,
          id,
          input: { image: path },
          output: `labels/${id}.png`,
        })),
        resultFiles: [],
      };
    } finally {
      programs.release("image");
    }
  });
}

async function overlapsOf(
  task: RegionTask,
  photos: readonly LabelledPhoto[],
  { data, folder, onProgress, onEmbedded }: EvaluationRequest & EmbeddingRequest,
  segmenter: OpenMode,
): Promise<readonly Overlap[]> {
  const names = regionNames(data);
  const classes = segmenter.artifact.outputs[0]?.shape[1]?.size ?? 0;
  const longest = task.longest ?? Number.POSITIVE_INFINITY;
  const overlaps: Overlap[] = [];
  let computed = 0;
  for (const [index, photo] of photos.entries()) {
    const path = join(data, photo.path);
    const known = await knownLabels(folder, photo.id, path);
    const found = known ?? (await segmentPhoto(path, segmenter, longest));
    const truth = await readLabelMap(join(data, photo.labels));
    const { width, height } = found.photo;
    const reason = `it is ${truth.width} x ${truth.height}, and its photo ${width} x ${height}`;
    if (truth.width !== width || truth.height !== height)
      throw fault("data-wrong", { file: join(data, photo.labels), place: "", reason });
    overlaps.push(
      overlapOf(found.labels, truth.labels, { classes, ignored: 255, reduceZero: true }),
    );
    if (known === undefined) {
      computed++;
      if (folder !== undefined) await writeLabels(folder, photo.id, found, truth, names);
    }
    onProgress?.(index + 1, photos.length);
  }
  onEmbedded?.({ what: "photos", computed, known: photos.length - computed });
  return overlaps;
}
