// Predictions that are tensors: score matrices, embeddings, label maps, from `.safetensors` files.
import { fault } from "../../faults.ts";
import type { Tensor } from "../../tensor.ts";
import { readTensor } from "../../weights/read-tensor.ts";
import { topClasses } from "../metrics/class-ranks.ts";
import { type OverlapRule, overlapOf } from "../metrics/region-overlap.ts";
import { classDirections, classLogits } from "../metrics/zero-shot-classifier.ts";
import { type ClassNumber, classScores } from "../scores/class-scores.ts";
import { recallScores } from "../scores/recall-scores.ts";
import { regionScores } from "../scores/region-scores.ts";
import type { Scored } from "../tally.ts";

/** `FILE.safetensors`, or `FILE.safetensors:case` where the names of its tensors begin with `case.`. */
function tensorsIn(named: string): (name: string, rank: number) => Tensor {
  const [, path = named, prefix] = /^(.*\.safetensors)(?::(.+))?$/.exec(named) ?? [];
  return (name, rank) => {
    const key = prefix === undefined ? name : `${prefix}.${name}`;
    const tensor = readTensor(path, key);
    if (tensor.shape.length === rank) return tensor;
    const reason = `it has ${tensor.shape.length} axes, and ${rank} are needed`;
    throw fault("tensor-unusable", { path, key, reason });
  };
}

/** `scores` [texts, images] and `image_of_text` [texts]. */
export function scoreMatrix(named: string, isDual: boolean): Scored {
  const tensor = tensorsIn(named);
  const { data: scores, shape } = tensor("scores", 2);
  const imageOfText = Array.from(tensor("image_of_text", 1).data);
  const [texts = 0, images = 0] = shape;
  assertSame(named, "image_of_text", imageOfText.length, texts);
  assertIndices(named, "image_of_text", imageOfText, images);
  assertNoNan(named, "scores", scores);
  const ids = Array.from({ length: images }, (_, image) => String(image));
  return recallScores({ images: ids, imageOfText, scores }, isDual);
}

/** `template_embeddings` [class, template, width], `image_embeddings` [image, width] and `labels` [image]. */
export function scoreEmbeddings(named: string): Scored {
  const tensor = tensorsIn(named);
  const templates = tensor("template_embeddings", 3);
  const images = tensor("image_embeddings", 2);
  const labels = Array.from(tensor("labels", 1).data);
  const [classes = 0, , width = 0] = templates.shape;
  const [count = 0, imageWidth = 0] = images.shape;
  assertSame(named, "image_embeddings", imageWidth, width);
  assertSame(named, "labels", labels.length, count);
  assertIndices(named, "labels", labels, classes);
  const directions = classDirections(Float32Array.from(templates.data), classes, width);
  const tops = labels.map((_, image) => {
    const embedding = images.data.subarray(image * width, (image + 1) * width);
    const logits = classLogits(embedding, directions, width);
    assertNoNan(named, "image_embeddings", logits);
    return topClasses(logits, 5);
  });
  const items = labels.map((label, image) => ({
    id: String(image),
    unit: String(image),
    labels: [label],
  }));
  return classScores(items, tops, classes);
}

/** `logits` [image, class] and `labels` [image]. */
export function scoreLogits(named: string, shown?: readonly ClassNumber[]): Scored {
  const tensor = tensorsIn(named);
  const { data: logits, shape } = tensor("logits", 2);
  const labels = Array.from(tensor("labels", 1).data);
  const [count = 0, classes = 0] = shape;
  assertSame(named, "labels", labels.length, count);
  assertIndices(named, "labels", labels, classes);
  assertNoNan(named, "logits", logits);
  const items = labels.map((label, image) => {
    return { id: String(image), unit: String(image), labels: [label] };
  });
  const tops = items.map((_, image) =>
    topClasses(logits.subarray(image * classes, (image + 1) * classes), 5),
  );
  return classScores(items, tops, classes, shown);
}

/** `pred` and `label` [image, row, column]: class numbers from 0, and labels in the numbering of the data set. */
export function scoreLabelMaps(named: string, rule: OverlapRule): Scored {
  const tensor = tensorsIn(named);
  const [predicted, labels] = [tensor("pred", 3), tensor("label", 3)];
  const [images = 0, rows = 0, columns = 0] = labels.shape;
  assertSame(named, "pred", predicted.data.length, labels.data.length);
  const size = rows * columns;
  const ids = Array.from({ length: images }, (_, image) => String(image));
  const overlaps = ids.map((_, image) =>
    overlapOf(
      predicted.data.subarray(image * size, (image + 1) * size),
      labels.data.subarray(image * size, (image + 1) * size),
      rule,
    ),
  );
  return regionScores(ids, overlaps, rule.classes);
}

function assertSame(file: string, key: string, found: number, needed: number): void {
  if (found === needed) return;
  const reason = `it has ${found} elements where ${needed} are needed`;
  throw fault("tensor-unusable", { path: file, key, reason });
}

function assertIndices(file: string, key: string, indices: readonly number[], end: number): void {
  const wrong = indices.findIndex((index) => index < 0 || index >= end);
  if (wrong < 0) return;
  const reason = `element ${wrong} is ${indices[wrong]}, and there are ${end}`;
  throw fault("tensor-unusable", { path: file, key, reason });
}

/** Nothing ranks before or behind a NaN. */
function assertNoNan(file: string, key: string, values: ArrayLike<number>): void {
  for (let index = 0; index < values.length; index++)
    if (Number.isNaN(values[index]))
      throw fault("tensor-unusable", { path: file, key, reason: `score ${index} is NaN` });
}
