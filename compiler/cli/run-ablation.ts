import type { Command } from "commander";
import { Ended, exitCode, Failure } from "../api/failure.ts";
import type { StudyTraining } from "../api/studies/folder/document-form.ts";
import { usualFolder } from "../api/studies/folder/open-study.ts";
import type { Spread, StudyPlan } from "../api/studies/folder/study-plan.ts";
import { parseLauncher } from "../api/studies/launchers/parse-launcher.ts";
import { runStudy } from "../api/studies/run-study.ts";
import type { Study } from "../api/studies/study.ts";
import type { StudyOutcome } from "../api/studies/study-outcome.ts";
import { StudyWatch, type TaskView } from "../api/studies/watch-study.ts";
import { formatTime } from "../api/text/format-quantity.ts";
import type { Host } from "./host.ts";
import { watchInterrupts } from "./interrupts.ts";
import { addDeviceOption } from "./options/mode-options.ts";
import { parseCount, parseSettings } from "./options/parse-assignments.ts";
import {
  addKeepingOptions,
  addRecordOptions,
  type RecordFlags,
  recordOptions,
} from "./options/record-options.ts";
import { several } from "./options/several.ts";
import { type StudyBoard, studyBoard } from "./report/studies/study-board.ts";
import { jsonText } from "./report/write-json.ts";

/** What is typed of how a study is run. */
export interface AblationFlags extends RecordFlags {
  readonly set: readonly string[];
  readonly weights?: readonly string[];
  readonly config?: string;
  readonly device: string;
  readonly tuned?: string;
  readonly out?: string;
  readonly resume?: boolean;
  readonly retryFailed?: boolean;
  readonly jobs?: string;
  readonly budget?: string;
  readonly only?: string;
  readonly launcher?: string;
  readonly estimate?: boolean;
  readonly keepFrozen?: boolean;
  readonly json?: boolean;
}

/** The options of a command that runs a study. */
export function addAblationOptions(command: Command): Command {
  return addKeepingOptions(addRecordOptions(addDeviceOption(command)))
    .option(
      "--weights <source>",
      "where cells start that say nothing else: a run, a checkpoint, several as PREFIX=FILE[:BELOW]",
      several,
    )
    .option("--config <file>", "a JSON file in the place of the config.json beside the weights")
    .option("--out <folder>", "the folder of the study; without it runs/EXPERIMENT")
    .option("--resume", "go on with the study in the folder; what is done is not run again")
    .option("--retry-failed", "with --resume: try cells again that have failed")
    .option("--jobs <n>", "so many runs at a time, each a process of its own", "1")
    .option(
      "--budget <time>",
      "leave what is going on with a checkpoint after so long: 90s, 30m, 2h",
    )
    .option(
      "--launcher <who>",
      "who starts workers: local, slurm, or 'command PROGRAM {dir} {index}'",
    )
    .option(
      "--no-keep-frozen",
      "compute what frozen parts make of a sample at every step, and in every run",
    )
    .option("--no-estimate", "do not measure what each shape takes before the first run");
}

/** Runs a study that was resolved, and tells how far it is. */
export async function runAblation(
  file: string,
  study: Study,
  flags: AblationFlags,
  host: Host,
): Promise<void> {
  const { json = false, out = usualFolder(study.name), only, launcher = "local" } = flags;
  const { budget, resume, retryFailed, estimate, jobs = "1" } = flags;
  const { weights, config, device, tuned, keepFrozen } = flags;
  const set = parseSettings(flags.set);
  const own = { weights, config, device, tuned, keepFrozen, set };
  const training: StudyTraining = { ...recordOptions(flags), ...own };
  const interrupts = watchInterrupts(host, "stopping with a checkpoint; Ctrl-C again ends at once");
  // Schedulers send it more than once.
  let isTerminated = false;
  const onTerminate = (): void => {
    isTerminated = true;
  };
  process.on("SIGTERM", onTerminate);
  let watching: Watching | undefined;
  const tell = (line: object): void => host.result(`${jsonText(line)}\n`);
  try {
    const outcome = await runStudy(study, {
      file,
      out,
      training,
      resume,
      retryFailed,
      only,
      estimate,
      jobs: parseCount("--jobs", jobs),
      launcher: parseLauncher(launcher),
      budgetMs: budget === undefined ? undefined : parseTime("--budget", budget),
      signal: {
        get aborted() {
          return isTerminated || interrupts.signal.aborted;
        },
      },
      onNote: (text) => (watching === undefined ? host.say(`${text}\n`) : watching.note(text)),
      onPlan(document, plan) {
        if (json) tell({ kind: "begin", study: study.name, out, plan });
        else host.say(planText(plan, out));
        watching = watchStudy(new StudyWatch(out, document, only), host, json ? tell : undefined);
      },
      onEvent(event) {
        if (event.kind === "training" && event.event.kind === "warning" && !json)
          watching?.note(`${event.cell}, seed ${event.seed}: warning: ${event.event.message}`);
      },
    });
    watching?.finish();
    watching = undefined;
    tellOutcome(outcome, out, json ? tell : undefined, host);
    if (outcome.failed > 0) throw new Ended(exitCode.input);
  } finally {
    watching?.finish();
    process.off("SIGTERM", onTerminate);
    interrupts.release();
  }
}

function planText({ totalMs, shared, device }: StudyPlan, out: string): string {
  const on = device === undefined ? "" : ` on ${device}`;
  const time = totalMs === undefined ? "" : `estimated time${on}: ${spreadText(totalMs)}\n`;
  return `${shared.map((line) => `shared: ${line}\n`).join("")}${time}study ${out}\n`;
}

function spreadText({ median, least, most }: Spread): string {
  return `${formatTime(median)} (${formatTime(least)} to ${formatTime(most)})`;
}

interface Watching {
  readonly note: (text: string) => void;
  readonly finish: () => void;
}

/** Looks at the folder each second and tells what has changed there, whoever has changed it. */
function watchStudy(
  watch: StudyWatch,
  host: Host,
  tell: ((line: object) => void) | undefined,
): Watching {
  const first = watch.look();
  const shown = tell === undefined ? studyBoard(host, first) : eventBoard(first, tell);
  const look = (): void => shown.update(watch.look());
  const timer = setInterval(look, lookMs);
  return {
    note: shown.note,
    finish() {
      clearInterval(timer);
      look();
      shown.finish();
    },
  };
}

const lookMs = 1000;

/** Changes as lines of JSON. */
function eventBoard(first: readonly TaskView[], tell: (line: object) => void): StudyBoard {
  const known = new Map(first.map((view) => [`${view.cell}/${view.seed}`, view.state]));
  return {
    update(views) {
      for (const { cell, seed, state, loss, reason } of views) {
        if (known.get(`${cell}/${seed}`) === state) continue;
        known.set(`${cell}/${seed}`, state);
        tell({ kind: "cell", cell, seed, state, loss, reason });
      }
    },
    note: (message) => tell({ kind: "note", message }),
    finish: () => undefined,
  };
}

function tellOutcome(
  { isComplete, done, failed, stopped, left, failures }: StudyOutcome,
  out: string,
  tell: ((line: object) => void) | undefined,
  host: Host,
): void {
  if (tell !== undefined) {
    tell({ kind: "end", complete: isComplete, done, failed, stopped, left, out });
    return;
  }
  for (const { cell, seed, reason } of failures)
    host.say(`${cell}, seed ${seed} has failed: ${reason}\n`);
  const counts = [`${done} done`, `${failed} failed`, `${stopped} stopped`, `${left} left`];
  host.result(`runs ${counts.join(", ")}\nstudy ${out}\n`);
  if (left > 0) host.say("`--resume` goes on with what is left\n");
  if (failed > 0) host.say("`--resume --retry-failed` tries what has failed again\n");
}

/** `90s`, `30m`, `1.5h` in milliseconds. */
function parseTime(flag: string, text: string): number {
  const [, number = "", unit = ""] = /^(\d+(?:\.\d+)?)(s|m|h)$/.exec(text) ?? [];
  const factor = { s: 1000, m: 60_000, h: 3_600_000 }[unit];
  if (factor !== undefined) return Number(number) * factor;
  throw new Failure(
    exitCode.usage,
    "bad-option",
    `\`${flag}\` was given as \`${text}\``,
    "90s, 30m, 2h",
  );
}
