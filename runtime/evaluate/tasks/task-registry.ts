// Every task of evaluation by its name. A new one is a record here or in a list of its kind.
import { fault } from "../../faults.ts";
import { captionedLayout } from "../layouts/captioned-folder.ts";
import {
  cocoCnRetrieval,
  cocoRetrieval,
  flickrCnRetrieval,
  flickrRetrieval,
  type RetrievalLayout,
  xtdRetrieval,
} from "../layouts/retrieval-layouts.ts";
import { recallNames } from "../scores/recall-scores.ts";
import { numbersOf, type TaskRecord } from "./task-record.ts";
import { type TextTask, textTasks } from "./text-tasks.ts";
import { type ClassTask, type ClipTask, type ProbeTask, visionTasks } from "./vision-tasks.ts";

/** Images by captions and captions by images. */
export interface RetrievalTask extends TaskRecord {
  readonly kind: "retrieval";
  readonly layout: RetrievalLayout;
  /** Captions in lower case, without marks, 50 words at most. */
  readonly isCleaned: boolean;
  /** The numbers that are reported, where they are not all. */
  readonly names?: readonly string[];
}

/** Videos by captions and captions by videos. */
export interface VideoTask extends TaskRecord {
  readonly kind: "videos";
}

/** Pixels of classes. */
export interface RegionTask extends TaskRecord {
  readonly kind: "regions";
  /** The longer side of a photo is at most so many windows. */
  readonly longest?: number;
}

/** What modes of a model take, without any data. */
export interface ThroughputTask extends TaskRecord {
  readonly kind: "throughput";
}

export type TensorTask = ClassTask | ProbeTask | ClipTask | RetrievalTask | VideoTask | RegionTask;
export type Task = TextTask | TensorTask | ThroughputTask;

function retrieval(
  set: string,
  layout: RetrievalLayout,
  own: Pick<RetrievalTask, "rows"> & Partial<RetrievalTask>,
): RetrievalTask {
  return {
    kind: "retrieval",
    name: `retrieval:${set}`,
    summary: "images by captions and captions by images: recall",
    unit: "image with its captions",
    rule: "recall",
    numbers: recallNumbers("image", own.names),
    layout,
    isCleaned: true,
    ...own,
  };
}

/** Numbers of recall by their words: `image_r1` is how often a caption finds its image first, `text_r1` the other way. */
function recallNumbers(
  gallery: "image" | "video",
  only?: readonly string[],
): TaskRecord["numbers"] {
  const word = (name: string): string => {
    const [, found, depth] = / to (\w+) R@(\d+)$/.exec(name) ?? [];
    return depth === undefined ? name : `${found}_r${depth}`;
  };
  return numbersOf(only ?? recallNames(gallery), word);
}

const regionNumbers = { miou: "mIoU", mean_accuracy: "mAcc", accuracy: "aAcc" };

const tensorTasks: readonly TensorTask[] = [
  ...visionTasks,
  retrieval("coco", cocoRetrieval, { rows: [43] }),
  retrieval("flickr30k", flickrRetrieval, { rows: [43] }),
  retrieval("flickr30k_cn", flickrCnRetrieval, { rows: [44] }),
  retrieval("coco_cn", cocoCnRetrieval, { rows: [44] }),
  retrieval("xtd", xtdRetrieval, {
    rows: [45],
    isCleaned: false,
    names: ["image to text R@10"],
  }),
  retrieval("captioned", captionedLayout, { rows: [], isCleaned: false, isOpen: true }),
  {
    kind: "videos",
    name: "video_retrieval",
    rows: [46],
    summary: "videos by captions and captions by videos: recall",
    unit: "video",
    rule: "recall",
    numbers: recallNumbers("video"),
  },
  {
    kind: "regions",
    name: "segmentation",
    rows: [38],
    summary: "labels of pixels: mIoU",
    unit: "image",
    rule: "miou",
    numbers: regionNumbers,
  },
  {
    kind: "regions",
    name: "segmentation:few_shot",
    rows: [38],
    summary: "the same as heads on a part of the training photos are measured: 2016 x 504 at most",
    unit: "image",
    rule: "miou",
    numbers: regionNumbers,
    longest: 4,
  },
];

const throughput: ThroughputTask = {
  kind: "throughput",
  name: "throughput",
  rows: [52],
  summary: "what modes take: ms per image and text, images/s, tokens/s",
  unit: "run",
  rule: "median",
  // Which there are depends on the modes of the model.
  numbers: {},
};

/** Every task that there is. */
export const tasks: readonly Task[] = [...tensorTasks, ...textTasks, throughput];

/**
 * The task of a name. Where only predictions are scored, a name without its set stands for the first set that there is:
 * the rule is the same.
 *
 * @throws {RuntimeFault} `task-unknown`.
 */
export function findTask(name: string): Task {
  const found = tasks.find((task) => task.name === name);
  const task = found ?? tasks.find((one) => one.name.startsWith(`${name}:`));
  if (task === undefined)
    throw fault("task-unknown", { task: name, known: tasks.map((one) => one.name) });
  return task;
}
