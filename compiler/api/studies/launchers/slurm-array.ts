import { spawnSync } from "node:child_process";
import { join, resolve } from "node:path";
import { fault } from "../../../../runtime/faults.ts";
import { writeAtomically } from "../../../../runtime/files/atomic-write.ts";
import type { StudyDocument } from "../folder/document-form.ts";
import { studyPaths } from "../folder/study-paths.ts";
import { chosenTasks, folderOf, readTaskState, tasksOf } from "../folder/study-tasks.ts";
import { workerCommand } from "./worker-command.ts";
import type { WorkerRequest, Workers } from "./workers.ts";

/**
 * Hands the tasks that are left to Slurm as the tasks of a job array, `jobs` at a time. Cells that are compared on their way
 * wait for each other, so workers of such a study take whatever is next.
 *
 * @throws {RuntimeFault} `launcher-failed`.
 */
export function submitArray(
  folder: string,
  document: StudyDocument,
  { jobs, only }: WorkerRequest,
): Workers {
  const all = tasksOf(folder, document);
  const chosen = only === undefined ? all : chosenTasks(all, document, only);
  const left = chosen.filter((task) => ["waiting", "running"].includes(readTaskState(task).kind));
  const note = (text: string): Workers => ({ note: text, ended: undefined, stop: () => undefined });
  if (left.length === 0) return note("nothing is left to submit");
  const isShared = document.study.halving !== undefined;
  const names = left.map(({ cell, seed }) => `${folderOf(document.folders, cell)}/${seed}`);
  const { workers } = studyPaths(resolve(folder));
  const tasks = join(workers, "tasks.txt");
  const script = join(workers, "job.sh");
  const count = isShared ? Math.min(jobs, left.length) : left.length;
  writeText(tasks, `${names.join("\n")}\n`);
  writeText(
    script,
    jobScript(folder, document, { jobs, count, tasks: isShared ? undefined : tasks }),
  );
  const job = submit(script);
  writeText(join(workers, "slurm.json"), `${JSON.stringify({ job, tasks: count })}\n`);
  return note(
    `job ${job} with ${count} tasks, ${jobs} at a time; \`--resume\` goes on with what is left`,
  );
}

interface JobArray {
  readonly jobs: number;
  readonly count: number;
  /** The file that says what the task of a number is; undefined where each takes what is next. */
  readonly tasks: string | undefined;
}

/** Two minutes before its limit a task is told to end, which it does with a checkpoint. */
function jobScript(
  folder: string,
  document: StudyDocument,
  { jobs, count, tasks }: JobArray,
): string {
  const { workers } = studyPaths(resolve(folder));
  const command = workerCommand(folder, undefined).map(quoted).join(" ");
  const line =
    tasks === undefined ? "" : `task=$(sed -n "$((SLURM_ARRAY_TASK_ID + 1))p" ${quoted(tasks)})\n`;
  return [
    "#!/bin/sh",
    `#SBATCH --job-name=weft-${document.study.name}`,
    `#SBATCH --array=0-${count - 1}%${jobs}`,
    `#SBATCH --output=${workers.replaceAll("%", "%%")}/slurm-%A_%a.log`,
    "#SBATCH --signal=B:TERM@120",
    `cd ${quoted(document.workingFolder)} || exit 2`,
    `${line}exec ${command}${tasks === undefined ? "" : ' --only "$task"'}`,
    "",
  ].join("\n");
}

/** The number of the job, without the name of a cluster behind it. */
function submit(script: string): string {
  const { status, stdout, stderr, error } = spawnSync("sbatch", ["--parsable", script], {
    encoding: "utf8",
  });
  const [job = ""] = (stdout ?? "").trim().split(";");
  if (error === undefined && status === 0 && /^\d+$/.test(job)) return job;
  const said = (stderr ?? "").trim().split("\n")[0] ?? "";
  const reason = error?.message ?? (said === "" ? `it ended with code ${status}` : said);
  throw fault("launcher-failed", { command: "sbatch --parsable", reason });
}

/** As `sh` reads a word. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

function writeText(path: string, text: string): void {
  writeAtomically(path, [new TextEncoder().encode(text)], 0o755);
}
