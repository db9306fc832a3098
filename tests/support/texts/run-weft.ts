import type { ExitCode } from "../../../compiler/api/failure.ts";
import { plainStyle } from "../../../compiler/api/text/style.ts";
import { hostOf } from "../../../compiler/cli/host.ts";
import { runCommand } from "../../../compiler/cli/main.ts";

export interface CommandResult {
  readonly exitCode: ExitCode;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `weft` in this process, as if typed in `folder`, with nobody watching; texts are laid out for `width` columns. */
export async function runWeft(
  args: readonly string[],
  folder = process.cwd(),
  width?: number,
): Promise<CommandResult> {
  const style = { ...plainStyle, width };
  let stdout = "";
  let stderr = "";
  const before = process.cwd();
  process.chdir(folder);
  try {
    const addResult = (text: string) => {
      stdout += text;
    };
    const addTalk = (text: string) => {
      stderr += text;
    };
    const exitCode = await runCommand(
      args,
      hostOf(
        { write: addResult, isTerminal: false, style },
        { write: addTalk, isTerminal: false, style },
        // How fast this machine is, no test wants to read.
        () => 0,
      ),
    );
    return { exitCode, stdout, stderr };
  } finally {
    process.chdir(before);
  }
}
