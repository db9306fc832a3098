import type { Task } from "./task-registry.ts";

/** Modes of a model that tasks run, by their kind; for the first another may be named. */
export const taskModes = {
  text: ["caption"],
  classes: ["encode_image_c", "encode_text"],
  clips: ["encode_image_c", "encode_text"],
  retrieval: ["encode_image_c", "encode_text"],
  videos: ["encode_image_c", "encode_text"],
  probe: ["classify"],
  regions: ["segment"],
  // It times those that there are.
  throughput: [],
} as const satisfies Readonly<Record<Task["kind"], readonly string[]>>;
