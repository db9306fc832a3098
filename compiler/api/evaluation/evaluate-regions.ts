import { join } from "node:path";
import sharp from "sharp";
import { Findings } from "../../../runtime/evaluate/entries/findings.ts";
import { ade20k } from "../../../runtime/evaluate/layouts/ade20k-layout.ts";
import { type Overlap, overlapOf } from "../../../runtime/evaluate/metrics/region-overlap.ts";
import { regionScores } from "../../../runtime/evaluate/scores/region-scores.ts";
import type { GivenTask } from "../../../runtime/evaluate/tasks/task-registry.ts";
import {
  bestChannels,
  bilinearPlanes,
  keptRatio,
  type Size,
  WindowMean,
  type WindowRule,
  wholePatches,
  windowStarts,
} from "../../../runtime/evaluate/windows.ts";
import { maskOverPhoto } from "../../../runtime/evaluate/written/mask-picture.ts";
import { fault } from "../../../runtime/faults.ts";
import { makeFolder } from "../../../runtime/files/make-folder.ts";
import { decodeImage } from "../../../runtime/images/decode-image.ts";
import { normalizeImage } from "../../../runtime/images/normalize-image.ts";
import type { InputValue } from "../../../runtime/input-value.ts";
import type { Tensor } from "../../../runtime/tensor.ts";
import { openMode } from "../open-loaded.ts";
import { beginEmbeddedRun } from "./embedded-run.ts";
import type { EmbeddingRequest, EvaluationRequest } from "./evaluation-request.ts";
import type { ScoredFiles } from "./score-files.ts";

type Segmenter = Awaited<
  ReturnType<typeof openMode<Record<string, InputValue>, Record<string, Tensor>>>
>;

/** Steps between windows, as parts of a window: 322 of 504 pixels. */
const strideShare = 322 / 504;
const patch = 14;

/** Labels every pixel of ADE20K's validation photos with a head that scores windows. */
export async function evaluateRegions(
  task: GivenTask,
  request: EvaluationRequest & EmbeddingRequest,
): Promise<ScoredFiles> {
  const { data, limit, model, folder, onProgress } = request;
  const findings = new Findings();
  const all = ade20k(data, findings);
  findings.assertNone();
  const photos = all.slice(0, limit);
  const mode = request.mode ?? "segment";
  const protocol = { window: "the model's image", strideShare, patch };
  const run = beginEmbeddedRun(
    task,
    request,
    { mode, protocol, data: photos },
    { photos: photos.length },
  );
  try {
    const segmenter: Segmenter = await openMode({ ...model, mode, sizes: { B: 1 } });
    try {
      const overlaps: Overlap[] = [];
      const classes = segmenter.artifact.outputs[0]?.shape[1]?.size ?? 0;
      for (const [index, photo] of photos.entries()) {
        const path = join(data, photo.path);
        const { labels, size } = await labelsOf(path, segmenter, classes);
        const truth = await readLabels(join(data, photo.labels), size);
        overlaps.push(overlapOf(labels, truth, { classes, ignored: 255, reduceZero: true }));
        if (folder !== undefined) await writePictures(folder, photo.id, path, labels, size);
        onProgress?.(index + 1, photos.length);
      }
      const ids = photos.map(({ id }) => id);
      return {
        subject: {
          task: task.name,
          rule: task.rule,
          unit: task.unit,
          items: photos.length,
          missing: 0,
          partial: photos.length < all.length,
        },
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
      segmenter.dispose();
    }
  } finally {
    run.end();
  }
}

/** The class of each pixel of a photo, at its own size. */
async function labelsOf(path: string, segmenter: Segmenter, classes: number) {
  const input = segmenter.artifact.inputs[0];
  const output = segmenter.artifact.outputs[0];
  const window = input?.shape.at(-1)?.size ?? 0;
  const rule: WindowRule = { window, stride: Math.floor(window * strideShare), patch };
  const photo = await decodeImage(path);
  const own: Size = { height: photo.height, width: photo.width };
  const normalised = new Float32Array(3 * own.height * own.width);
  normalizeImage(photo, normalised, 0);
  const first = keptRatio(own, rule);
  const sized = wholePatches(first, rule);
  if (Math.min(sized.height, sized.width) < window)
    throw fault("data-wrong", {
      file: path,
      place: "",
      reason: `${own.width} x ${own.height} is more than four times as long as wide: a window of another shape is needed`,
    });
  const pixels = bilinearPlanes(bilinearPlanes(normalised, 3, own, first), 3, first, sized);
  const mean = new WindowMean(sized, classes);
  const side: Size = { height: window, width: window };
  for (const top of windowStarts(sized.height, rule))
    for (const left of windowStarts(sized.width, rule)) {
      const data = cut(pixels, sized, side, top, left);
      const outputs = await segmenter.run({
        [input?.name ?? ""]: { shape: [1, 3, window, window], data },
      });
      mean.add(outputs[output?.name ?? ""]?.data ?? [], side, top, left);
    }
  return {
    labels: bestChannels(bilinearPlanes(mean.mean(), classes, sized, own), classes),
    size: own,
  };
}

function cut(
  pixels: Float32Array,
  from: Size,
  side: Size,
  top: number,
  left: number,
): Float32Array {
  const result = new Float32Array(3 * side.height * side.width);
  for (let channel = 0; channel < 3; channel++)
    for (let row = 0; row < side.height; row++) {
      const start = (channel * from.height + top + row) * from.width + left;
      const place = (channel * side.height + row) * side.width;
      result.set(pixels.subarray(start, start + side.width), place);
    }
  return result;
}

async function readLabels(path: string, size: Size): Promise<Uint8Array> {
  const { data, info } = await sharp(path)
    .extractChannel(0)
    .raw()
    .toBuffer({ resolveWithObject: true });
  if (info.width === size.width && info.height === size.height) return data;
  const reason = `it is ${info.width} x ${info.height}, and its photo ${size.width} x ${size.height}`;
  throw fault("data-wrong", { file: path, place: "", reason });
}

/** The labels in the numbering of the data, and over the photo. */
async function writePictures(
  folder: string,
  id: string,
  photo: string,
  labels: Uint8Array,
  { width, height }: Size,
): Promise<void> {
  makeFolder(join(folder, "labels"));
  makeFolder(join(folder, "pictures"));
  const numbered = labels.map((label) => label + 1);
  await sharp(numbered, { raw: { width, height, channels: 1 } })
    .toColourspace("b-w")
    .png()
    .toFile(join(folder, "labels", `${id}.png`));
  const picture = maskOverPhoto((await decodeImage(photo)).data, labels);
  await sharp(picture, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(join(folder, "pictures", `${id}.png`));
}
