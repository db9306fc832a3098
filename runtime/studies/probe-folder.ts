import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execPath } from "node:process";
import { fault, RuntimeFault } from "../faults.ts";
import { blaming } from "../files/atomic-write.ts";
import { createOnce, linkOnce } from "../files/create-once.ts";
import { makeFolder } from "../files/make-folder.ts";

const races = 100;

/** The other runner of the races, which begins when it is told to. It says which it has won. */
const rival = `
const { closeSync, linkSync, openSync, rmSync, statSync, writeFileSync } = require("node:fs");
const [folder, races] = [process.argv[1], Number(process.argv[2])];
const create = (path) => {
  const fresh = path + ".rival";
  writeFileSync(fresh, "rival");
  try { linkSync(fresh, path); return true; }
  catch (error) { if (error.code !== "EEXIST") throw error; return statSync(fresh).nlink === 2; }
  finally { rmSync(fresh, { force: true }); }
};
process.stdout.write("ready\\n");
process.stdin.once("data", () => {
  const won = [];
  for (let n = 0; n < races; n++) if (create(folder + "/race-" + n)) won.push(n);
  process.stdout.write(JSON.stringify(won) + "\\n");
  process.exit(0);
});
`;

/**
 * Looks whether a folder can be shared by workers: this process and another race for the same names, and each must go to
 * exactly one of them.
 *
 * @throws {RuntimeFault} `study-folder-unsafe` where it is not so.
 */
export async function probeFolder(folder: string): Promise<void> {
  makeFolder(folder);
  const place = mkdtempSync(join(folder, ".probe-"));
  try {
    const { theirs, ours } = await race(place);
    for (let n = 0; n < races; n++) {
      const winners = Number(ours.has(n)) + Number(theirs.has(n));
      if (winners !== 1)
        throw fault("study-folder-unsafe", {
          path: folder,
          reason: `of two processes that create one file ${winners === 0 ? "none" : "both"} were told that it is theirs`,
        });
    }
  } catch (error) {
    if (!(error instanceof RuntimeFault) || error.code !== "file-unreadable") throw error;
    throw fault("study-folder-unsafe", { path: folder, reason: error.message });
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

interface Wins {
  readonly ours: ReadonlySet<number>;
  readonly theirs: ReadonlySet<number>;
}

async function race(place: string): Promise<Wins> {
  // Before another process is begun: most that is wrong shows here.
  createOnce(join(place, "first"), "");
  const child = spawn(execPath, ["-e", rival, place, String(races)], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  let [said, errors] = ["", ""];
  child.stderr.on("data", (chunk) => {
    errors += String(chunk);
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", () => resolve());
  });
  const ours = new Set<number>();
  child.stdout.on("data", (chunk) => {
    said += String(chunk);
    if (said !== "ready\n") return;
    child.stdin.end("go");
    for (let n = 0; n < races; n++) if (isOurs(join(place, `race-${n}`))) ours.add(n);
  });
  await ended;
  const answer = said.split("\n")[1] ?? "";
  if (answer === "")
    throw fault("study-folder-unsafe", { path: place, reason: errors.trim().split("\n")[0] ?? "" });
  return { ours, theirs: new Set(JSON.parse(answer) as readonly number[]) };
}

/** As `createOnce`, without waiting for the disk a hundred times: who is first is what counts. */
function isOurs(path: string): boolean {
  const fresh = `${path}.ours`;
  return blaming(path, () => {
    try {
      writeFileSync(fresh, "ours");
      return linkOnce(fresh, path);
    } finally {
      rmSync(fresh, { force: true });
    }
  });
}
