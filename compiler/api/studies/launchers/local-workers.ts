import { join } from "node:path";
import { createOnce } from "../../../../runtime/files/create-once.ts";
import { ownerPid, stateNames } from "../../../../runtime/studies/claims.ts";
import type { StudyDocument } from "../folder/document-form.ts";
import { readTaskState, tasksOf } from "../folder/study-tasks.ts";
import { type Exit, type StartedWorker, startWorker, workerCommand } from "./worker-command.ts";
import type { WorkerRequest, Workers } from "./workers.ts";

/** So often a cell may take its process with it. */
const mostCrashes = 2;

/**
 * Workers on this machine, each a process of its own. One that ends without having been told to is replaced, and the cell at
 * which it was is a failed one when that happens again.
 */
export function startLocal(
  folder: string,
  document: StudyDocument,
  { jobs, only }: WorkerRequest,
): Workers {
  const running = new Set<StartedWorker>();
  const crashes = new Map<string, number>();
  let isStopped = false;
  const begin = async (index: number): Promise<void> => {
    for (;;) {
      const worker = startWorker(folder, workerCommand(folder, only), `local-${index}.log`);
      running.add(worker);
      const exit = await worker.exit.finally(() => running.delete(worker));
      if (isStopped || exit.code === 0 || exit.code === 1) return;
      if (!noteCrash(folder, document, { pid: worker.child.pid, exit, crashes })) return;
    }
  };
  const ended = Promise.all(Array.from({ length: jobs }, (_, index) => begin(index)));
  return {
    note: `${jobs} workers; what they say is in ${folder}/workers`,
    ended: ended.then(() => undefined),
    stop() {
      if (!isStopped) for (const { child } of running) child.kill("SIGTERM");
      isStopped = true;
    },
  };
}

interface Crash {
  readonly pid: number | undefined;
  readonly exit: Exit;
  /** By the folder of the task. */
  readonly crashes: Map<string, number>;
}

/** Looks for what a process was at that has gone; false where it was at nothing, which another would end with, too. */
function noteCrash(
  folder: string,
  document: StudyDocument,
  { pid, exit: { code, signal }, crashes }: Crash,
): boolean {
  const task = tasksOf(folder, document).find((one) => {
    const state = readTaskState(one);
    const { attempt } = state.files;
    return state.kind === "running" && ownerPid(one.paths.state, attempt) === pid;
  });
  if (task === undefined) return false;
  const { state } = task.paths;
  const count = (crashes.get(state) ?? 0) + 1;
  crashes.set(state, count);
  if (count < mostCrashes) return true;
  const { attempt } = readTaskState(task).files;
  const message = `its process ended ${count} times by ${signal ?? `code ${code}`}`;
  createOnce(join(state, stateNames.failed(attempt)), `${JSON.stringify({ message })}\n`);
  return true;
}
