import type { StudyDocument } from "../folder/document-form.ts";
import { startCommands } from "./command-workers.ts";
import { startLocal } from "./local-workers.ts";
import type { Launcher } from "./parse-launcher.ts";
import { submitArray } from "./slurm-array.ts";

export interface Workers {
  /** What people should know of them. */
  readonly note: string;
  /** Settled when all have ended; undefined where they go on without this process. */
  readonly ended: Promise<void> | undefined;
  /** Asks them to come to a checkpoint and end. */
  readonly stop: () => void;
}

export interface WorkerRequest {
  readonly jobs: number;
  readonly only: string | undefined;
}

/** Starts the workers of a study, which need nothing but its folder. */
export async function startWorkers(
  folder: string,
  document: StudyDocument,
  { launcher, ...request }: WorkerRequest & { readonly launcher: Launcher },
): Promise<Workers> {
  switch (launcher.kind) {
    case "local":
      return startLocal(folder, document, request);
    case "slurm":
      return submitArray(folder, document, request);
    case "command":
      return startCommands(folder, document, launcher.words, request);
  }
}
