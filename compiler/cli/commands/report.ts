import type { Command } from "commander";
import { reportRun } from "../../api/runs/report-run.ts";
import { EventFile } from "../../api/runs/tensorboard/event-file.ts";
import type { Host } from "../host.ts";
import { writeJson } from "../report/write-json.ts";

interface ReportOptions {
  readonly json?: boolean;
}

export function configure(command: Command, host: Host): void {
  command
    .argument("<run>", "the folder of a run")
    .option("--json", "the paths as JSON on stdout")
    .action((run: string, options: ReportOptions) => report(run, options, host));
}

/** Makes all that is made of a run's metrics anew. */
function report(run: string, { json = false }: ReportOptions, host: Host): void {
  const { charts, page } = reportRun(run);
  const events = new EventFile(run).writeAnew();
  if (json) writeJson(host, { charts, page, events });
  else host.result(`charts ${charts}\nreport ${page}\nevents ${events}\n`);
}
