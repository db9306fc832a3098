import { resolve } from "node:path";
import { chdir } from "node:process";
import type { Command } from "commander";
import { Ended, exitCode } from "../../api/failure.ts";
import { readStudyDocument } from "../../api/studies/folder/study-document.ts";
import { measureCells } from "../../api/studies/measures/measure-cells.ts";
import { trainCells } from "../../api/studies/work/train-cells.ts";
import { workOnStudy } from "../../api/studies/work/work-on-study.ts";
import type { Host } from "../host.ts";
import { watchInterrupts } from "../interrupts.ts";
import { workText } from "../report/work-text.ts";
import { jsonText } from "../report/write-json.ts";

interface WorkerOptions {
  readonly only?: string;
  readonly json?: boolean;
}

export function configure(command: Command, host: Host): void {
  command
    .argument("<folder>", "the folder of a study")
    .option(
      "--only <cell/seed>",
      "nothing but this cell with this seed; without one, with all seeds",
    )
    .option("--json", "one JSON document a line on stdout for each event")
    .action((folder: string, options: WorkerOptions) => work(folder, options, host));
}

/** Takes task after task until none is left, or Ctrl-C or SIGTERM says so. A cell that fails is none of its failures. */
async function work(
  given: string,
  { only, json = false }: WorkerOptions,
  host: Host,
): Promise<void> {
  const folder = resolve(given);
  const document = readStudyDocument(folder);
  // Paths in texts and options lead from there.
  chdir(document.workingFolder);
  const interrupts = watchInterrupts(host, "stopping with a checkpoint; Ctrl-C again ends at once");
  const stop = { aborted: false };
  const onTerminate = (): void => {
    stop.aborted = true;
  };
  process.on("SIGTERM", onTerminate);
  const signal = {
    get aborted() {
      return stop.aborted || interrupts.signal.aborted;
    },
  };
  const [train, measure] = [trainCells(folder, document), measureCells(folder, document)];
  let hasFailed = false;
  try {
    for await (const event of workOnStudy(folder, { train, measure, signal, only })) {
      hasFailed ||= event.kind === "failed";
      if (json) host.result(`${jsonText(event)}\n`);
      else host.say(workText(event));
    }
  } finally {
    process.off("SIGTERM", onTerminate);
    interrupts.release();
  }
  if (hasFailed) throw new Ended(exitCode.input);
}
