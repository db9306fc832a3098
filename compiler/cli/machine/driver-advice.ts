import { readFileSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { readWhole } from "../../../runtime/files/read-bytes.ts";

/** The first Mesa whose lavapipe Dawn takes. */
const oldestMesa = 24;

/** How to get lavapipe on this machine; the one of Debian 12 is older than what Dawn takes. */
export function lavapipeAdvice(release = readRelease()): string {
  const what = "lavapipe is several times faster; a graphics card brings its own driver";
  const install = "apt install mesa-vulkan-drivers";
  if (release.ID === "debian" && release.VERSION_ID === "12") {
    const backports = "apt install -t bookworm-backports mesa-vulkan-drivers";
    return `\`${backports}\` brings it (Debian 12 itself has Mesa 22, which Dawn refuses; bookworm-backports must be among the sources of apt): ${what}`;
  }
  return `\`${install}\` brings it (Mesa ${oldestMesa} or later): ${what}`;
}

/** What the drivers of these manifests are, with their versions where their libraries tell. */
export function describeDrivers(manifests: readonly string[]): string {
  const names = manifests.map((manifest) => {
    const version = mesaVersion(manifest);
    const name = /^lvp/.test(basename(manifest)) ? "lavapipe" : basename(manifest, ".json");
    return version === undefined ? name : `${name} of Mesa ${version}`;
  });
  return [...new Set(names)].join(", ");
}

/** A library of Mesa has its version as a text in it. */
function mesaVersion(manifest: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(readFileSync(manifest, "utf8"));
    const library: unknown = Reflect.get(
      Object(Reflect.get(Object(parsed), "ICD")),
      "library_path",
    );
    if (typeof library !== "string" || !library.includes("/")) return undefined;
    const bytes = readWhole(resolve(dirname(manifest), library), largestLibrary);
    const text = Buffer.from(bytes.buffer).toString("latin1");
    return /Mesa (\d+\.\d+\.\d+)/.exec(text)?.[1];
  } catch {
    return undefined;
  }
}

const largestLibrary = 1 << 29;

function readRelease(): Readonly<Record<string, string>> {
  try {
    const lines = readFileSync("/etc/os-release", "utf8").split("\n");
    return Object.fromEntries(lines.map((line) => line.replaceAll('"', "").split("=")));
  } catch {
    return {};
  }
}
