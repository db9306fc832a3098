import { type ExitCode, exitCode, Failure } from "./failure.ts";
import type { Host } from "./host.ts";

/** Says what went wrong in the form of a diagnostic and returns the exit code that it means. */
export function printFailure(error: unknown, host: Host): ExitCode {
  if (error instanceof Failure) {
    host.say(messageText(error.code, error.message, error.hint, host));
    return error.exitCode;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  host.say(`${host.colors.red("weft: this is a mistake in Weft, not in your file")}\n${text}\n`);
  return exitCode.internal;
}

export function messageText(
  code: string,
  message: string,
  hint: string | undefined,
  host: Host,
): string {
  const { bold, red, cyan } = host.colors;
  const help = hint === undefined ? "" : `  ${cyan("help")}: ${hint}\n`;
  return `${bold(red(`error[${code}]`))}${bold(`: ${message}`)}\n${help}`;
}
