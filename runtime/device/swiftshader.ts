import { createReadStream } from "node:fs";
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { arch, platform } from "node:process";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress } from "node:zlib";
import { cacheFolder } from "../files/cache-folder.ts";

/** A Vulkan driver for the CPU, with its loader, that needs no installation. */
export interface SwiftShader {
  /** The driver's manifest, for VK_DRIVER_FILES. */
  readonly manifest: string;
  /** A Vulkan loader, for machines that have none. */
  readonly loader: string;
}

export type SwiftShaderSearch =
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
const wantedFiles = [manifestFile, loaderFile, "libvk_swiftshader.so"];

async function findArchive(): Promise<{ path: string; version: string } | undefined> {
  const require = createRequire(import.meta.url);
  for (const base of require.resolve.paths(packageName) ?? []) {
    const folder = join(base, packageName);
    const path = join(folder, "bin", "swiftshader.tar.br");
    if (!(await exists(path))) continue;
    const { version } = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as {
      version: string;
    };
    return { path, version };
  }
  return undefined;
}

/** Unpacks beside the target and renames, so that no process ever sees half a folder. */
async function unpackOnce(archive: string, name: string): Promise<string> {
  const parent = await writableParent();
  const target = join(parent, name);
  if (await isComplete(target)) return target;
  const fresh = await mkdtemp(join(parent, `${name}-`));
  const { extract } = await import("tar");
  const isWanted = (path: string) =>
    wantedFiles.some((file) => path === file || path === `./${file}`);
  await pipeline(
    createReadStream(archive),
    createBrotliDecompress(),
    extract({ cwd: fresh, strict: true, filter: isWanted }),
  );
  if (!(await isComplete(fresh))) throw new Error(`${archive} lacks ${wantedFiles.join(", ")}`);
  try {
    await rename(fresh, target);
  } catch (error) {
    // Another process was first, or an earlier one was stopped in the middle of removing its folder.
    if (await isComplete(target)) {
      await rm(fresh, { recursive: true, force: true });
      return target;
    }
    await rm(target, { recursive: true, force: true });
    await rename(fresh, target).catch(() => {
      throw error;
    });
  }
  return target;
}

async function writableParent(): Promise<string> {
  const preferred = cacheFolder();
  try {
    await mkdir(preferred, { recursive: true });
    await rm(await mkdtemp(join(preferred, "try-")), { recursive: true });
    return preferred;
  } catch {
    // A read-only home, as in many containers.
    const fallback = join(tmpdir(), "weft-cache");
    await mkdir(fallback, { recursive: true });
    return fallback;
  }
}

async function isComplete(folder: string): Promise<boolean> {
  const present = await readdir(folder).catch(() => [] as string[]);
  return wantedFiles.every((file) => present.includes(file));
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

export function folderOf(shader: SwiftShader): string {
  return dirname(shader.manifest);
}
