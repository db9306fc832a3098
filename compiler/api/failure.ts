/** Exit codes of `weft` (README.md lists them): the user's input, wrong usage, our fault or the device's. */
export const exitCode = { done: 0, input: 1, usage: 2, internal: 3 } as const;
export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/**
 * Ends a command with one message in the form of a diagnostic. For what the command line itself
 * finds wrong: mistakes in a `.weft` file are diagnostics, mistakes in data are faults of the runtime.
 */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly exitCode: ExitCode;
  readonly code: string;
  readonly hint: string | undefined;

  constructor(code: ExitCode, name: string, message: string, hint?: string) {
    super(message);
    this.exitCode = code;
    this.code = name;
    this.hint = hint;
  }
}

/** Everything was said already; only the exit code is left. */
export class Ended extends Error {
  override readonly name = "Ended";
  readonly exitCode: ExitCode;

  constructor(code: ExitCode) {
    super("ended");
    this.exitCode = code;
  }
}
