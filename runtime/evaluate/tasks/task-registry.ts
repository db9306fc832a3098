// Every task of evaluation by its name. A new one is a record here or in a list of its kind.
import { fault } from "../../faults.ts";
import { type TextTask, textTasks } from "./text-tasks.ts";

/** A task whose predictions are embeddings, scores or label maps. */
export interface TensorTask {
  readonly kind: "retrieval" | "classes" | "regions";
  readonly name: string;
  readonly rows: readonly number[];
  readonly summary: string;
  readonly unit: string;
  readonly rule: string;
}

export type Task = TextTask | TensorTask;

const tensorTasks: readonly TensorTask[] = [
  {
    kind: "classes",
    name: "zero_shot",
    rows: [39, 40, 41],
    summary: "classes from texts: top-1, top-5, mean recall per class",
    unit: "image",
    rule: "top_k",
  },
  {
    kind: "retrieval",
    name: "retrieval",
    rows: [43, 44, 45],
    summary: "images by captions and captions by images: recall",
    unit: "image with its captions",
    rule: "recall",
  },
  {
    kind: "retrieval",
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
  const family = tasks.find((task) => task.name.startsWith(`${name}:`));
  const task = found ?? family;
  if (task === undefined)
    throw fault("task-unknown", { task: name, known: tasks.map((one) => one.name) });
  return task;
}
