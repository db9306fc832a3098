import { resolve } from "node:path";
import { fault } from "../../../../runtime/faults.ts";
import type { StudyDocument } from "../folder/document-form.ts";
import { startWorker } from "./worker-command.ts";
import type { WorkerRequest, Workers } from "./workers.ts";

/** Starts a command of the user's for each worker. That it ends is its own affair; that it ends badly is told. */
export function startCommands(
  folder: string,
  _document: StudyDocument,
  words: readonly string[],
  { jobs }: WorkerRequest,
): Workers {
  const started = Array.from({ length: jobs }, (_, index) => {
    const filled = words.map((word) =>
      word.replaceAll("{dir}", resolve(folder)).replaceAll("{index}", String(index)),
    );
    return startWorker(folder, filled, `command-${index}.log`);
  });
  const [program = ""] = words;
  let isStopped = false;
  return {
    note: `${jobs} ${jobs === 1 ? "worker" : "workers"} by \`${program}\`; what they say is in ${folder}/workers`,
    ended: Promise.all(started.map(({ exit }) => exit)).then((exits) => {
      const bad = exits.find(({ code }) => code !== 0 && code !== 1);
      if (bad === undefined || isStopped) return;
      const reason = `it ended with ${bad.signal ?? `code ${bad.code}`}`;
      throw fault("launcher-failed", { command: program, reason });
    }),
    stop() {
      if (!isStopped) for (const { child } of started) child.kill("SIGTERM");
      isStopped = true;
    },
  };
}
