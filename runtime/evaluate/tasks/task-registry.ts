// Every task of evaluation by its name. A new one is a record here or in a list of its kind.
import { fault } from "../../faults.ts";
import { type ClassLayout, classFolders } from "../layouts/class-layouts.ts";
import {
  cocoCnRetrieval,
  cocoRetrieval,
  flickrCnRetrieval,
  flickrRetrieval,
  type RetrievalLayout,
  xtdRetrieval,
} from "../layouts/retrieval-layouts.ts";
import { type TextTask, textTasks } from "./text-tasks.ts";

interface TaskRecord {
  /** With its set, where there are several: `retrieval:coco`. */
  readonly name: string;
  /** Rows of the paper's evaluations. */
  readonly rows: readonly number[];
  readonly summary: string;
  /** What the bootstrap draws. */
  readonly unit: string;
  /** The name of the metric's rule. */
  readonly rule: string;
}

/** Images of classes, by the texts of their names. */
export interface ClassTask extends TaskRecord {
  readonly kind: "classes";
  readonly layout: ClassLayout;
}

/** Images by captions and captions by images. */
export interface RetrievalTask extends TaskRecord {
  readonly kind: "retrieval";
  readonly layout: RetrievalLayout;
  /** Captions in lower case, without marks, 50 words at most. */
  readonly isCleaned: boolean;
  /** The numbers that are reported, where they are not all. */
  readonly names?: readonly string[];
}

/** Score matrices and label maps of other programs. */
export interface GivenTask extends TaskRecord {
  readonly kind: "matrix" | "regions";
}

export type TensorTask = ClassTask | RetrievalTask | GivenTask;
export type Task = TextTask | TensorTask;

function zeroShot(set: string, layout: ClassLayout, rows: readonly number[]): ClassTask {
  return {
    kind: "classes",
    name: `zero_shot:${set}`,
    rows,
    summary: "classes from texts: top-1, top-5, mean recall per class",
    unit: "image",
    rule: "top_k",
    layout,
  };
}

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
    layout,
    isCleaned: true,
    ...own,
  };
}

const folders = (set: string, folder: string, numbering: "sorted" | "number" | "wnids") =>
  classFolders({ set, folder, numbering });

const tensorTasks: readonly TensorTask[] = [
  zeroShot("imagenet", folders("imagenet1k", "val", "sorted"), [39, 40]),
  zeroShot("imagenet_v2", folders("imagenet1k", "ImageNetV2-matched-frequency", "number"), [39]),
  zeroShot("imagenet_sketch", folders("imagenet1k", "", "sorted"), [39]),
  zeroShot("imagenet_a", folders("imagenet1k", "", "wnids"), [39]),
  zeroShot("imagenet_r", folders("imagenet1k", "", "wnids"), [39]),
  zeroShot("fer2013", folders("fer2013", "test", "sorted"), [41]),
  zeroShot("sun397", folders("sun397", "", "sorted"), [41]),
  zeroShot("eurosat", folders("eurosat", "", "sorted"), [41]),
  zeroShot("caltech101", folders("caltech101", "", "sorted"), [41]),
  retrieval("coco", cocoRetrieval, { rows: [43] }),
  retrieval("flickr30k", flickrRetrieval, { rows: [43] }),
  retrieval("flickr30k_cn", flickrCnRetrieval, { rows: [44] }),
  retrieval("coco_cn", cocoCnRetrieval, { rows: [44] }),
  retrieval("xtd", xtdRetrieval, {
    rows: [45],
    isCleaned: false,
    names: ["image to text R@10"],
  }),
  {
    kind: "matrix",
    name: "video_retrieval",
    rows: [46],
    summary: "videos by captions and captions by videos: recall",
    unit: "video",
    rule: "recall",
  },
  {
    kind: "regions",
    name: "segmentation",
    rows: [38],
    summary: "labels of pixels: mIoU",
    unit: "image",
    rule: "miou",
  },
];

const tasks: readonly Task[] = [...tensorTasks, ...textTasks];

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
