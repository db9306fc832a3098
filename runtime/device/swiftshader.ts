import { createHash } from "node:crypto";
import { accessSync, constants, createReadStream, existsSync } from "node:fs";
import { chmod, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { arch, getuid, platform } from "node:process";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress } from "node:zlib";
import { cacheFolder } from "../files/cache-folder.ts";
import { makeFolder } from "../files/make-folder.ts";
import { ensureOwnFolder, isOwnFile, isOwnFolder } from "../files/own-folder.ts";

/** A Vulkan driver for the CPU, with its loader, that needs no installation. */
export interface SwiftShader {
  /** The driver's manifest, for VK_DRIVER_FILES. */
  readonly manifest: string;
  /** A Vulkan loader, for machines that have none. */
  readonly loader: string;
}

type SwiftShaderSearch =
  | { readonly found: SwiftShader }
  | { readonly found: undefined; readonly because: string };

/** Finds SwiftShader in the optional package, and unpacks it into the cache folder on first use. */
export async function findSwiftShader(): Promise<SwiftShaderSearch> {
  if (platform !== "linux" || arch !== "x64") {
    return {
      found: undefined,
      because: `SwiftShader comes for linux-x64 only, and this is ${platform}-${arch}`,
    };
  }
  const archive = await findArchive();
  if (archive === undefined) {
    return {
      found: undefined,
      because: `the optional package \`${packageName}\` is not installed`,
    };
  }
  try {
    const folder = await unpackOnce(archive.path, `swiftshader-${archive.version}`);
    return { found: { manifest: join(folder, manifestFile), loader: join(folder, loaderFile) } };
  } catch (error) {
    return { found: undefined, because: `it cannot be unpacked: ${String(error)}` };
  }
}

const packageName = "@sparticuz/chromium";
const manifestFile = "vk_swiftshader_icd.json";
const loaderFile = "libvulkan.so.1";
const driverFile = "libvk_swiftshader.so";
const wantedFiles = [manifestFile, loaderFile, driverFile];

async function findArchive(): Promise<{ path: string; version: string } | undefined> {
  const require = createRequire(import.meta.url);
  for (const base of require.resolve.paths(packageName) ?? []) {
    const folder = join(base, packageName);
    const path = join(folder, "bin", "swiftshader.tar.br");
    if (!existsSync(path)) continue;
    const { version } = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as {
      version: string;
    };
    return { path, version };
  }
  return undefined;
}

/** What is in a known archive, by its own SHA-256: whoever asks twice need not unpack twice. */
const knownContents: Readonly<Record<string, Contents>> = {
  f957ea867313f9815b71dc2ed30cce301e01db4f3973fbdb31ffa5391b0ec45a: {
    [manifestFile]: "c9eef28b6b984fec220ef0abfecc40b502d46946706e47bfe97707027cb818bd",
    [loaderFile]: "fe17a77c1f2df38d3b6a935140f746fd80aac564bb44eb3e4f6b75a504295a41",
    [driverFile]: "5b9e8591c7c2d1c9618c3ad485d0cdffb81f5f1ffd6a982fdb6578c2d8d3213e",
  },
};

/** SHA-256 of each file, by name. */
type Contents = Readonly<Record<string, string>>;

/**
 * The folder with the unpacked files. A library from it is loaded into this process, so what lies there counts only
 * if it is this user's alone and byte for byte what the archive holds; else it is made anew.
 */
async function unpackOnce(archive: string, name: string): Promise<string> {
  const parent = writableParent();
  const target = join(parent, name);
  const known = knownContents[await digestOf(archive)];
  if (known !== undefined && (await holds(target, known))) return target;
  const fresh = await mkdtemp(join(parent, `${name}-`));
  try {
    await unpack(archive, fresh);
    const contents = known ?? (await contentsOf(fresh));
    if (!(await holds(fresh, contents)))
      throw new Error(`${archive} does not hold what it should: ${wantedFiles.join(", ")}`);
    if (!(await holds(target, contents))) await replace(fresh, target, contents);
    return target;
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

async function unpack(archive: string, folder: string): Promise<void> {
  const { extract } = await import("tar");
  const isWanted = (path: string) =>
    wantedFiles.some((file) => path === file || path === `./${file}`);
  await pipeline(
    createReadStream(archive),
    createBrotliDecompress(),
    // Root would else be given the owner that the archive names.
    extract({ cwd: folder, strict: true, filter: isWanted, preserveOwner: false }),
  );
  // Whatever the archive and the mask of this process say.
  for (const file of wantedFiles) await chmod(join(folder, file), 0o600);
}

/** Renames, so that no process ever sees half a folder. */
async function replace(fresh: string, target: string, contents: Contents): Promise<void> {
  try {
    await rename(fresh, target);
  } catch (error) {
    // Another process was first, or something else lies there.
    if (await holds(target, contents)) return;
    await rm(target, { recursive: true, force: true });
    await rename(fresh, target).catch(() => {
      throw error;
    });
  }
}

/** A place that is ours alone: the cache folder, or where that is read-only, one of our own for temporary files. */
function writableParent(): string {
  const places = [cacheFolder(), join(tmpdir(), `weft-cache-${getuid?.() ?? 0}`)];
  const place = places.find((folder) => canBeMade(folder) && isOwnFolder(folder));
  if (place === undefined)
    throw new Error(`no folder is this user's alone to write into: ${places.join(", ")}`);
  return place;
}

/** The cache folder may be one that its user named: it is made where there is none, and not changed. */
function canBeMade(folder: string): boolean {
  try {
    makeFolder(folder, 0o700);
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function holds(folder: string, contents: Contents): Promise<boolean> {
  if (!existsSync(folder) || !ensureOwnFolder(folder)) return false;
  for (const file of wantedFiles) {
    const path = join(folder, file);
    if (!isOwnFile(path) || (await digestOf(path)) !== contents[file]) return false;
  }
  return true;
}

async function contentsOf(folder: string): Promise<Contents> {
  const digests = wantedFiles.map(async (file) => [file, await digestOf(join(folder, file))]);
  return Object.fromEntries(await Promise.all(digests));
}

async function digestOf(path: string): Promise<string> {
  return createHash("sha256")
    .update(await readFile(path))
    .digest("hex");
}
