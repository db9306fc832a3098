import type { StudyDocument } from "../folder/document-form.ts";
import { startCommands } from "./command-workers.ts";
import { startLocal } from "./local-workers.ts";
import type { Launcher } from "./parse-launcher.ts";
import { submitArray } from "./slurm-array.ts";
import type { WorkerRequest, Workers } from "./workers.ts";

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
