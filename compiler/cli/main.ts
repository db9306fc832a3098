import { Command, CommanderError } from "commander";
import { Ended, type ExitCode, exitCode } from "../api/failure.ts";
import { packageRoot } from "../api/load/package-root.ts";
import { packageVersion } from "../api/load/package-version.ts";
import { wrapWords } from "../api/text/wrap-words.ts";
import { commandRegistry } from "./command-registry.ts";
import { formatItem, usualWidth } from "./help-layout.ts";
import { type Host, processHost } from "./host.ts";
import { endInterrupted } from "./interrupts.ts";
import { printFailure } from "./report/print-failure.ts";

/** The `weft` command: runs one command and leaves its exit code in the process. */
export async function main(args: readonly string[]): Promise<void> {
  process.on("SIGINT", endInterrupted);
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(exitCode.done); // `weft inspect ... | head`
    process.stderr.write(
      `error[stdout-unwritable]: the results cannot be written: ${error.message}\n`,
    );
    process.exit(exitCode.input);
  });
  // With nobody to tell there is nothing to tell.
  process.stderr.on("error", () => process.exit(exitCode.input));
  process.exitCode = await runCommand(args, processHost());
}

/** The same for tests and other programs: everything it does to the outside goes through `host`. */
export async function runCommand(args: readonly string[], host: Host): Promise<ExitCode> {
  try {
    const program = await describeProgram(args[0], host);
    await program.parseAsync(args, { from: "user" });
    return exitCode.done;
  } catch (error) {
    if (error instanceof CommanderError)
      return error.exitCode === 0 ? exitCode.done : exitCode.usage;
    if (error instanceof Ended) return error.exitCode;
    return printFailure(error, host, args.includes("--json"));
  }
}

/** Only the command that was asked for is loaded; of the others the help needs a name and a line. */
async function describeProgram(wanted: string | undefined, host: Host): Promise<Command> {
  const program = new Command("weft")
    .description("A typed language for vision-language models, compiled to WebGPU pipelines.")
    .version(packageVersion(packageRoot()), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .exitOverride()
    .configureOutput({
      writeOut: host.result,
      writeErr: host.say,
      getOutHelpWidth: () => host.resultStyle.width ?? usualWidth,
      getErrHelpWidth: () => host.style.width ?? usualWidth,
    })
    .configureHelp({ formatItem, boxWrap: (text, width) => wrapWords(text, width).join("\n") })
    .showHelpAfterError("(`weft --help` lists the commands and their options)");
  const named = wanted === "help" ? undefined : wanted;
  for (const entry of commandRegistry) {
    const command = program.command(entry.name).description(entry.summary);
    if (named === undefined || named === entry.name) (await entry.load()).configure(command, host);
    else command.allowUnknownOption().allowExcessArguments();
  }
  return program;
}
