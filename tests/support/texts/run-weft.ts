import pc from "picocolors";
import type { ExitCode } from "../../../compiler/api/failure.ts";
import { runCommand } from "../../../compiler/cli/main.ts";

export interface CommandResult {
  readonly exitCode: ExitCode;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `weft` in this process, as if typed in `folder`, with nobody watching. */
export async function runWeft(
  args: readonly string[],
  folder = process.cwd(),
): Promise<CommandResult> {
  let stdout = "";
  let stderr = "";
  const before = process.cwd();
  process.chdir(folder);
  try {
    const exitCode = await runCommand(args, {
      result: (text) => {
        stdout += text;
      },
      say: (text) => {
        stderr += text;
      },
      isWatched: false,
      resultColors: pc.createColors(false),
      colors: pc.createColors(false),
    });
    return { exitCode, stdout, stderr };
  } finally {
    process.chdir(before);
  }
}
