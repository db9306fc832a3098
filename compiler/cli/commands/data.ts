import { Argument, type Command } from "commander";
import { dataSets } from "../../../runtime/datasets/data-set-registry.ts";
import type { Host } from "../host.ts";
import { several } from "../options/several.ts";
import type { LookOptions } from "../report/data/look-at-data.ts";

/** `weft data DATA` and `weft data get NAME`; what each needs is loaded when it is asked for. */
export function configure(command: Command, host: Host): void {
  const jsonOption = ["--json", "one JSON document on stdout"] as const;
  command
    .usage("[options] <data>\n       weft data get [options] <name>")
    .argument("[data]", "a data set: its path, or the name of one that was fetched")
    .option("--split <name>", "its records whose field `split` is this")
    .option("--stage <file:stage>", "whether it has what a stage reads: FILE:STAGE[.PHASE]")
    .option(
      "--sheet <file.png>",
      "draw the pictures of the stage's first batch, as the model sees them",
    )
    .option("--set <path=value>", "another value for a setting of the stage's model", several, [])
    .option("--batch <n>", "samples of a batch, where the stage does not say it")
    .option("--seed <s>", "of the run whose first batch it is", "0")
    .option(...jsonOption)
    .action(async (data: string | undefined, options: LookOptions) => {
      if (data === undefined) command.error("error: missing required argument 'data'");
      const { lookAtData } = await import("../report/data/look-at-data.ts");
      await lookAtData(data, options, host);
    });
  command
    .command("get")
    .description("fetch a data set by the names of its packages, and build it")
    .addArgument(new Argument("<name>", summaries()).choices(dataSets.map(({ name }) => name)))
    .option("--out <folder>", "the folder for it, in the place of the one in the cache")
    .option(...jsonOption)
    .action(async (name: string, { out }: { readonly out?: string }) => {
      const { reportGet } = await import("../report/data/report-get.ts");
      // The command above has the same option, and takes it.
      await reportGet(name, { out, isJson: command.opts().json === true }, host);
    });
}

function summaries(): string {
  return dataSets.map(({ name, summary }) => `${name}: ${summary}`).join("; ");
}
