import type { Command } from "commander";
import { Ended, exitCode } from "../../api/failure.ts";
import type { Host } from "../host.ts";
import { examineMachine, type Finding } from "../machine/examine-machine.ts";
import { writeJson } from "../report/write-json.ts";

export function configure(command: Command, host: Host): void {
  command
    .option("--json", "one JSON document on stdout")
    .action(async (options: { json?: boolean }) => {
      const findings = await examineMachine();
      if (options.json === true) writeJson(host, { findings });
      else for (const finding of findings) host.result(findingText(finding, host));
      if (findings.some((finding) => finding.state === "missing"))
        throw new Ended(exitCode.internal);
    });
}

function findingText(finding: Finding, host: Host): string {
  const { green, yellow, red, cyan } = host.resultStyle.colors;
  const mark = { good: green("ok     "), slow: yellow("slow   "), missing: red("missing") }[
    finding.state
  ];
  const advice =
    finding.advice === undefined ? "" : `          ${cyan("help")}: ${finding.advice}\n`;
  return `${mark}   ${finding.subject}: ${finding.found}\n${advice}`;
}
