import pc from "picocolors";
import type { ExitCode } from "../../../compiler/api/failure.ts";
import { hostOf } from "../../../compiler/cli/host.ts";
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
    const colors = pc.createColors(false);
    const addResult = (text: string) => {
      stdout += text;
    };
    const addTalk = (text: string) => {
      stderr += text;
    };
    const exitCode = await runCommand(
      args,
      hostOf(
        { write: addResult, isTerminal: false, colors },
        { write: addTalk, isTerminal: false, colors },
      ),
    );
    return { exitCode, stdout, stderr };
  } finally {
    process.chdir(before);
  }
}
