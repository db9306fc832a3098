import { spawn } from "node:child_process";
import { delimiter } from "node:path";
import { platform } from "node:process";

/** How a client of a registry ended. */
interface ClientResult {
  /** `undefined` where there is no such program. */
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `npm` or an `apt` program in a folder, in its plain language and without questions. */
export function runClient(
  client: string,
  args: readonly string[],
  folder: string,
): Promise<ClientResult> {
  // Debian has the programs of apt that are not for every day in a folder of their own.
  const searched = [process.env.PATH ?? "", "/usr/lib/apt"].filter((path) => path !== "");
  return new Promise((resolve, reject) => {
    const child = spawn(client, args, {
      cwd: folder,
      env: { ...process.env, LC_ALL: "C", PATH: searched.join(delimiter) },
      stdio: ["ignore", "pipe", "pipe"],
      // There npm is a script of the command interpreter; what it is given here holds nothing to interpret.
      shell: platform === "win32",
    });
    const [stdout, stderr] = [child.stdout, child.stderr].map((stream) => {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      return () => Buffer.concat(chunks).toString("utf8");
    });
    child.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") resolve({ status: undefined, stdout: "", stderr: "" });
      else reject(error);
    });
    child.on("close", (status) =>
      resolve({ status: status ?? 1, stdout: stdout?.() ?? "", stderr: stderr?.() ?? "" }),
    );
  });
}
