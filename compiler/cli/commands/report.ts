import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import type { Command } from "commander";
import { exitCode, Failure } from "../../api/failure.ts";
import { reportRun } from "../../api/runs/report-run.ts";
import { EventFile } from "../../api/runs/tensorboard/event-file.ts";
import { studyPaths } from "../../api/studies/folder/study-paths.ts";
import { readStudyResults } from "../../api/studies/read-study-results.ts";
import {
  type ReportFormat,
  reportFormats,
  type WrittenReport,
  writeComparison,
  writeReport,
} from "../../api/studies/reports/write-report.ts";
import type { Host } from "../host.ts";
import { writeJson } from "../report/write-json.ts";

interface ReportOptions {
  readonly format?: string;
  readonly out?: string;
  readonly json?: boolean;
}

export function configure(command: Command, host: Host): void {
  command
    .argument("<folder>", "the folder of a run, or of a study")
    .argument("[other]", "a second study, to be compared with the first")
    .option("--format <list>", `of a study: ${reportFormats.join(",")}; without it, all of them`)
    .option("--out <folder>", "of a study: where to write; `report` in its folder without it")
    .option("--json", "what was written as JSON on stdout")
    .action((folder: string, other: string | undefined, options: ReportOptions) =>
      report([folder, ...(other === undefined ? [] : [other])], options, host),
    );
}

/** Makes all that is made of runs anew. */
async function report(
  folders: readonly string[],
  options: ReportOptions,
  host: Host,
): Promise<void> {
  const [first = "", second] = folders;
  const formats = formatsIn(options.format);
  if (second !== undefined) return reportComparison([first, second], { ...options, formats }, host);
  if (isStudy(first)) return reportStudy(first, { ...options, formats }, host);
  if (options.format === undefined && options.out === undefined)
    return reportOneRun(first, options, host);
  const option = options.format === undefined ? "--out" : "--format";
  throw new Failure(
    exitCode.usage,
    "bad-option",
    `\`${option}\` is for studies, and \`${first}\` is none: it has no study.json`,
    "the report of a run is a page beside it",
  );
}

function reportOneRun(run: string, { json = false }: ReportOptions, host: Host): void {
  const { charts, page } = reportRun(run);
  const events = new EventFile(run).writeAnew();
  if (json) writeJson(host, { charts, page, events });
  else host.result(`charts ${charts}\nreport ${page}\nevents ${events}\n`);
}

interface StudyOptions extends Omit<ReportOptions, "format"> {
  readonly formats: readonly ReportFormat[];
}

async function reportStudy(
  folder: string,
  { formats, out, json = false }: StudyOptions,
  host: Host,
): Promise<void> {
  const to = out ?? studyPaths(folder).report;
  show(await writeReport(readStudyResults(folder), folder, { formats, to }), json, host);
}

async function reportComparison(
  folders: readonly [string, string],
  { formats, out, json = false }: StudyOptions,
  host: Host,
): Promise<void> {
  const missing = folders.find((one) => !isStudy(one));
  if (missing !== undefined)
    throw new Failure(
      exitCode.usage,
      "bad-option",
      `two studies are compared, and \`${missing}\` is none: it has no study.json`,
      "the folder that `weft ablate --out` names",
    );
  const [first, second] = [readStudyResults(folders[0]), readStudyResults(folders[1])];
  const own = [nameOf(folders[0]), nameOf(folders[1])] as const;
  const named = [first.study.name, second.study.name] as const;
  const isClear = named[0] !== named[1];
  const labels: readonly [string, string] = isClear ? named : own[0] === own[1] ? folders : own;
  const to = out ?? join(studyPaths(folders[0]).report, `against-${own[1]}`);
  show(await writeComparison([first, second], labels, { formats, to }), json, host);
}

function show({ metrics, files }: WrittenReport, json: boolean, host: Host): void {
  if (json) {
    writeJson(host, { files, metrics });
    return;
  }
  const findings = metrics.flatMap(({ name, findings: own }) => [
    `${name}\n`,
    ...own.map((one) => `  ${one}\n`),
  ]);
  const tables = files.filter((path) => !/[\\/]figures[\\/]/.test(path));
  host.result([...findings, ...tables.map((path) => `report ${path}\n`)].join(""));
}

function isStudy(folder: string): boolean {
  return existsSync(studyPaths(folder).document);
}

function nameOf(folder: string): string {
  return basename(resolve(folder));
}

function formatsIn(given: string | undefined): readonly ReportFormat[] {
  if (given === undefined) return reportFormats;
  return given.split(",").map((name) => {
    const found = reportFormats.find((one) => one === name.trim());
    if (found !== undefined) return found;
    throw new Failure(
      exitCode.usage,
      "bad-option",
      `there is no format \`${name}\` of reports`,
      `formats are ${reportFormats.join(", ")}`,
    );
  });
}
