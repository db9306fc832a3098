import { existsSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { fault, type RuntimeFault } from "../faults.ts";
import { blaming } from "../files/atomic-write.ts";
import { digestOf } from "../files/file-hash.ts";
import { makeFolder } from "../files/make-folder.ts";
import { type DebianPin, type PackagePin, packageFile, packageLabel } from "./package-pin.ts";
import type { ReportProgress } from "./progress.ts";
import { runClient } from "./run-client.ts";

/**
 * The file of a package, fetched by the client of its registry unless it is in the folder already. Which registry
 * that is, and how it is reached, the client knows. What was cut short is gone on with where the client can: apt
 * within a package, npm by its own cache.
 *
 * @throws {RuntimeFault} `client-missing`, `package-unavailable`, `package-changed`.
 */
export async function fetchPackage(
  pin: PackagePin,
  folder: string,
  report: ReportProgress,
): Promise<string> {
  const path = join(folder, packageFile(pin));
  if (existsSync(path)) {
    verifyPackage(pin, path);
    return path;
  }
  const part = `${path}.part`;
  blaming(part, () => makeFolder(part));
  const label = packageLabel(pin);
  const progress = report(`fetching ${label}`, pin.bytes, "bytes");
  const watch = setInterval(() => progress.update(Math.min(pin.bytes, bytesIn(part))), 500);
  try {
    const missing = (client: string) => fault("client-missing", { client, label, path });
    if (pin.registry === "npm") await packFromNpm(label, part, missing);
    else await downloadByApt(pin, part, missing);
    const fetched = readdirSync(part).find((name) => /\.(tgz|deb)$/.test(name));
    if (fetched === undefined) throw unavailable(label, "the client of its registry", "");
    const found = join(part, fetched);
    verifyPackage(pin, found);
    blaming(path, () => renameSync(found, path));
    rmSync(part, { recursive: true, force: true });
    return path;
  } finally {
    clearInterval(watch);
    progress.finish();
  }
}

type Missing = (client: string) => RuntimeFault;

/** Puts the file into the folder in which it runs. */
async function packFromNpm(label: string, folder: string, missing: Missing): Promise<void> {
  const args = ["pack", label, "--ignore-scripts", "--loglevel=error"];
  const { status, stderr } = await runClient("npm", args, folder);
  if (status === undefined) throw missing("npm");
  if (status !== 0) throw unavailable(label, "npm", stderr);
}

/** `apt-get download` begins anew whatever is there; the program that apt itself has for single files goes on. */
async function downloadByApt(pin: DebianPin, folder: string, missing: Missing): Promise<void> {
  const label = packageLabel(pin);
  const where = await runClient("apt-get", ["--print-uris", "download", label], folder);
  if (where.status === undefined) throw missing("apt-get");
  const place = /^'([^']+)' /m.exec(where.stdout)?.[1];
  if (where.status !== 0 || place === undefined) throw unavailable(label, "apt-get", where.stderr);
  const args = ["download-file", place, "package.deb", `SHA256:${pin.sha256}`];
  const { status, stderr } = await runClient("apt-helper", args, folder);
  if (status === undefined) throw missing("apt-get");
  if (status !== 0) throw unavailable(label, "apt-get", stderr);
}

function unavailable(label: string, client: string, stderr: string): RuntimeFault {
  return fault("package-unavailable", { label, client, reason: reasonIn(stderr) });
}

/** A file that is not what it must be is set aside: it is neither used nor in the way of the next try. */
function verifyPackage(pin: PackagePin, path: string): void {
  const [found, needed] =
    pin.registry === "npm"
      ? [digestOf(path, "sha512").toString("base64"), pin.sha512]
      : [digestOf(path, "sha256").toString("hex"), pin.sha256];
  if (found === needed) return;
  const aside = `${path}.wrong`;
  blaming(aside, () => renameSync(path, aside));
  throw fault("package-changed", { label: packageLabel(pin), path: aside, found, needed });
}

function bytesIn(folder: string): number {
  let bytes = 0;
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    const status = statSync(join(folder, name), { throwIfNoEntry: false });
    if (status?.isFile() === true) bytes += status.size;
  }
  return bytes;
}

/** The line in which a client says why. */
function reasonIn(stderr: string): string {
  const lines = stderr.split("\n").map((line) => line.trim());
  const npm = lines.flatMap(
    (line) => /^npm (?:ERR!|error) (?!code |A complete log)(.+)$/.exec(line)?.[1] ?? [],
  );
  const apt = lines.flatMap((line) => /^E: (.+)$/.exec(line)?.[1] ?? []);
  return npm[0] ?? apt[0] ?? lines.find((line) => line !== "") ?? "it gives no reason";
}
