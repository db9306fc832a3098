import { existsSync, readdirSync } from "node:fs";
import { constants, homedir } from "node:os";
import { join } from "node:path";
import { dlopen, env, platform } from "node:process";
import { fault } from "../faults.ts";
import { quietly } from "./quiet-stderr.ts";
import { ensureShaderCache } from "./shader-cache.ts";
import type { SwiftShader } from "./swiftshader.ts";

/** How one Dawn instance is started. */
interface DawnOptions {
  /** Index clamps and loop guards in every kernel: slower, and it hides mistakes of ours. */
  readonly robust: boolean;
  /** Part of an adapter's name; undefined takes Dawn's first. */
  readonly adapter?: string;
  /** Use this driver and no other. */
  readonly driver?: SwiftShader;
}

/**
 * Starts a Dawn instance and asks it for an adapter. The Vulkan loader reads its list of drivers from
 * the environment at that moment, so one process can open several drivers one after the other.
 */
export async function openAdapter(
  options: DawnOptions,
): Promise<{ gpu: GPU; adapter: GPUAdapter } | undefined> {
  ensureShaderCache();
  return withDriver(options.driver, async () => {
    const gpu = await instanceFor(dawnFlags(options));
    const adapter = await listening(() =>
      gpu.requestAdapter({ powerPreference: "high-performance" }),
    );
    return adapter === null ? undefined : { gpu, adapter };
  });
}

/** The names of all adapters, in Dawn's order. */
export async function adapterNames(driver?: SwiftShader): Promise<string[]> {
  return withDriver(driver, async () => {
    const gpu = await instanceFor(["adapter=(none)"]);
    try {
      // The binding lists what there is when it finds no adapter of the given name.
      await listening(() => gpu.requestAdapter());
      return [];
    } catch (error) {
      return [...String(error).matchAll(/name: '([^']*)'/g)].map((match) => match[1] ?? "");
    }
  });
}

/** Whether the machine has a Vulkan loader and the manifest of any driver: without, there is no use in asking Dawn. */
export function hasSystemDrivers(): boolean {
  if (platform !== "linux") return true;
  return hasSystemLoader() && driverManifests().length > 0;
}

/** The manifests of all Vulkan drivers that the loader would find on Linux. */
export function driverManifests(): readonly string[] {
  const named = env.VK_DRIVER_FILES ?? env.VK_ICD_FILENAMES;
  if (named !== undefined && named !== "")
    return named.split(":").filter((path) => existsSync(path));
  return manifestFolders().flatMap((folder) => {
    try {
      const files = readdirSync(folder).filter((file) => file.endsWith(".json"));
      return files.map((file) => join(folder, file));
    } catch {
      return [];
    }
  });
}

/** Whether the kernel shows a graphics card at all. Only Linux can tell so cheaply; elsewhere one is assumed. */
export function hasGraphicsNodes(): boolean {
  if (platform !== "linux") return true;
  return ["/dev/dri", "/dev/nvidiactl", "/dev/dxg", "/dev/kfd"].some((path) => existsSync(path));
}

export function hasSystemLoader(): boolean {
  const reason = loadLibrary("libvulkan.so.1");
  return reason === undefined;
}

const enabledToggles = [
  "allow_unsafe_apis",
  "use_vulkan_memory_model",
  "vulkan_enable_f16_on_nvidia",
];
const disabledToggles = ["timestamp_quantization"];

function dawnFlags(options: DawnOptions): string[] {
  const enabled = options.robust ? enabledToggles : [...enabledToggles, "disable_robustness"];
  return [
    `enable-dawn-features=${enabled.join(",")}`,
    `disable-dawn-features=${disabledToggles.join(",")}`,
    ...(options.adapter === undefined ? [] : [`adapter=${options.adapter}`]),
  ];
}

/** Why Dawn took no driver so far, in its words, where they could be heard. */
const refusals = new Set<string>();

export function refusalsOfDrivers(): readonly string[] {
  return [...refusals];
}

/** An adapter is looked for within the call, and what Dawn prints of it is kept from the terminal. */
function listening<T>(request: () => Promise<T>): Promise<T> {
  const { value, written } = quietly(request);
  for (const line of written.split("\n")) {
    const isRefusal = /not support|missing|require|fail|unsupported/i.test(line);
    if (isRefusal) refusals.add(line.replace(/^Warning: /, "").trim());
  }
  return value;
}

/** By flags and drivers. An instance is never given back by the binding, so each is made once and serves for good. */
const instances = new Map<string, GPU>();

async function instanceFor(flags: readonly string[]): Promise<GPU> {
  const create = await loadBinding();
  const key = JSON.stringify([flags, env.VK_DRIVER_FILES, env.VK_ICD_FILENAMES]);
  const known = instances.get(key);
  if (known !== undefined) return known;
  const made = create([...flags]);
  instances.set(key, made);
  return made;
}

/** Instances that this process has made. */
export function instanceCount(): number {
  return instances.size;
}

async function loadBinding(): Promise<(flags: string[]) => GPU> {
  try {
    const { create } = await import("webgpu");
    return create;
  } catch (error) {
    throw fault("no-binding", { reason: String(error) });
  }
}

async function withDriver<T>(
  driver: SwiftShader | undefined,
  action: () => Promise<T>,
): Promise<T> {
  if (driver === undefined) return action();
  if (!hasSystemLoader()) {
    const reason = loadLibrary(driver.loader);
    if (reason !== undefined)
      throw fault("no-adapter", { wanted: "swiftshader", found: [], reason });
  }
  const before = { files: env.VK_DRIVER_FILES, names: env.VK_ICD_FILENAMES };
  env.VK_DRIVER_FILES = driver.manifest;
  // The same for loaders from before version 1.3.207.
  env.VK_ICD_FILENAMES = driver.manifest;
  try {
    return await action();
  } finally {
    restore("VK_DRIVER_FILES", before.files);
    restore("VK_ICD_FILENAMES", before.names);
  }
}

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete env[name];
  else env[name] = value;
}

const keepLoaded = 0x1000; // RTLD_NODELETE: Node unloads what turns out to be no addon, and Dawn needs it to stay.

/** Loads a plain shared library, so that Dawn's own dlopen by the same name finds it. Returns why it failed. */
function loadLibrary(path: string): string | undefined {
  const { RTLD_NOW, RTLD_GLOBAL } = constants.dlopen;
  try {
    dlopen({ exports: {} }, path, (RTLD_NOW ?? 2) | (RTLD_GLOBAL ?? 0x100) | keepLoaded);
    return undefined;
  } catch (error) {
    // It is no addon of Node's, which is noticed only after it was loaded.
    const message = String(error);
    return message.includes("did not self-register") ? undefined : message;
  }
}

function manifestFolders(): string[] {
  const configured = (env.XDG_CONFIG_DIRS ?? "/etc/xdg").split(":");
  const shared = (env.XDG_DATA_DIRS ?? "/usr/local/share:/usr/share").split(":");
  const own = [
    env.XDG_CONFIG_HOME ?? join(homedir(), ".config"),
    env.XDG_DATA_HOME ?? join(homedir(), ".local/share"),
  ];
  return [...own, ...configured, "/etc", ...shared, "/usr/share"].map((folder) =>
    join(folder, "vulkan", "icd.d"),
  );
}
