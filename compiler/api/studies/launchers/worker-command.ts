import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join, resolve } from "node:path";
import { execPath } from "node:process";
import { fault } from "../../../../runtime/faults.ts";
import { makeFolder } from "../../../../runtime/files/make-folder.ts";
import { packageRoot } from "../../load/package-root.ts";
import { studyPaths } from "../folder/study-paths.ts";

/** How a worker of this installation is started: a program and its arguments. */
export function workerCommand(folder: string, only: string | undefined): readonly string[] {
  const script = join(packageRoot(), "bin", "weft.mjs");
  const chosen = only === undefined ? [] : ["--only", only];
  return [execPath, script, "ablate-worker", resolve(folder), ...chosen];
}

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface StartedWorker {
  readonly child: ChildProcess;
  readonly exit: Promise<Exit>;
}

/**
 * Starts a worker, whose talk goes into a file of the study.
 *
 * @throws {RuntimeFault} `launcher-failed`, by `exit`.
 */
export function startWorker(folder: string, words: readonly string[], log: string): StartedWorker {
  const { workers } = studyPaths(folder);
  makeFolder(workers);
  const talk = openSync(join(workers, log), "a");
  const [program = "", ...args] = words;
  const child = spawn(program, args, { stdio: ["ignore", talk, talk] });
  closeSync(talk);
  const exit = new Promise<Exit>((settle, reject) => {
    child.on("error", (error) =>
      reject(fault("launcher-failed", { command: program, reason: error.message })),
    );
    child.on("exit", (code, signal) => settle({ code, signal }));
  });
  return { child, exit };
}
