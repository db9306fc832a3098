import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { adapterNames, hasSystemDrivers, instanceCount } from "../../runtime/device/dawn.ts";
import type { Device } from "../../runtime/device/device.ts";
import { deviceProfile } from "../../runtime/device/device-profile.ts";
import { openDevice } from "../../runtime/device/open-device.ts";
import { findSwiftShader } from "../../runtime/device/swiftshader.ts";
import { openTestDevice, testDrivers } from "../support/open-test-device.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-device-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(testDrivers)("a device on %s", (driver) => {
  test("is opened by name, with the adapter's own limits", async () => {
    const device = await openTestDevice(driver);
    if (device === undefined) return;
    const profile = deviceProfile(device);
    const { limits, info } = device.adapter;
    expect(device.kind).toBe(driver);
    expect(profile).toMatchObject({
      maxBufferSize: limits.maxBufferSize,
      maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
      subgroupSize: info.subgroupMinSize,
      isSoftware: true,
    });
    expect(profile.maxStorageBuffersPerShaderStage).toBeGreaterThan(8);
    device.dispose();
    await expect(device.finish()).rejects.toMatchObject({ code: "device-lost", exitCode: 3 });
  });

  test("what it refuses becomes a fault that says during what", async () => {
    const device = await openTestDevice(driver);
    if (device === undefined) return;
    await expect(
      device.attempt("trying nonsense", () => device.gpu.createBuffer({ size: 7, usage: 0 })),
    ).rejects.toMatchObject({
      code: "device-error",
      message: expect.stringContaining("trying nonsense"),
    });
    // Lavapipe takes memory from the system only when it is touched, so it never runs short here.
    if (driver === "swiftshader")
      await expect(fillMemory(device)).rejects.toMatchObject({
        code: "out-of-memory",
        exitCode: 3,
      });
    // The device survives both.
    await device.finish();
    device.dispose();
  });

  test("opened again and again it is one instance, and a wait leaves nothing behind", async () => {
    const first = await openTestDevice(driver);
    if (first === undefined) return;
    const instances = instanceCount();
    first.dispose();
    for (let turn = 0; turn < 5; turn++) {
      const device = await openTestDevice(driver);
      if (device === undefined) return;
      for (let wait = 0; wait < 20; wait++) await device.finish();
      await expect(device.wait(Promise.reject(new Error("no")))).rejects.toThrow("no");
      expect(device.waits).toBe(0);
      device.dispose();
    }
    expect(instanceCount()).toBe(instances);
  });

  test("whoever waits when it is lost is told, and nobody is kept", async () => {
    const device = await openTestDevice(driver);
    if (device === undefined) return;
    const waits = [1, 2, 3].map(() => device.wait(new Promise<never>(() => undefined)));
    expect(device.waits).toBe(3);
    device.dispose();
    for (const wait of waits) await expect(wait).rejects.toMatchObject({ code: "device-lost" });
  });

  test("index clamps are there only when they are asked for", async () => {
    const found: number[] = [];
    for (const robust of [false, true]) {
      const device = await openTestDevice(driver, robust);
      if (device === undefined) return;
      found.push(await readBeyond(device.gpu));
      expect(device.isRobust).toBe(robust);
      device.dispose();
    }
    // 7 lies in the same buffer behind the binding's end. A clamped index reads the binding's last element;
    // lavapipe looks at the end of the binding by itself, with and without, and reads 0.
    expect(found).toEqual(driver === "swiftshader" ? [7, 1] : [0, 0]);
  });
});

async function fillMemory(device: Device): Promise<void> {
  const size = device.gpu.limits.maxBufferSize;
  const buffers: GPUBuffer[] = [];
  try {
    for (let count = 0; count < 64; count++) {
      buffers.push(
        await device.attempt("filling the memory", () =>
          device.gpu.createBuffer({ size, usage: 0x80 }),
        ),
      );
    }
  } finally {
    for (const buffer of buffers) buffer.destroy();
  }
}

/** Reads element 64 of a binding of 64 elements. */
async function readBeyond(gpu: GPUDevice): Promise<number> {
  const source = gpu.createBuffer({ size: 1024, usage: 0x88 });
  gpu.queue.writeBuffer(
    source,
    0,
    Float32Array.from({ length: 256 }, (_, index) => (index === 64 ? 7 : 1)),
  );
  const result = gpu.createBuffer({ size: 4, usage: 0x84 });
  const staging = gpu.createBuffer({ size: 4, usage: 0x9 });
  const code = `
@group(0) @binding(0) var<storage, read> source: array<f32>;
@group(0) @binding(1) var<storage, read_write> result: array<f32>;
@compute @workgroup_size(1)
fn main(@builtin(num_workgroups) groups: vec3u) { result[0] = source[63u + groups.x]; }`;
  const pipeline = gpu.createComputePipeline({
    layout: "auto",
    compute: { module: gpu.createShaderModule({ code }) },
  });
  const bindGroup = gpu.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [
      { binding: 0, resource: { buffer: source, size: 256 } },
      { binding: 1, resource: { buffer: result } },
    ],
  });
  const encoder = gpu.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, bindGroup);
  pass.dispatchWorkgroups(1);
  pass.end();
  encoder.copyBufferToBuffer(result, 0, staging, 0, 4);
  gpu.queue.submit([encoder.finish()]);
  await staging.mapAsync(1);
  return new Float32Array(staging.getMappedRange())[0] ?? Number.NaN;
}

describe("choosing a device", () => {
  test("`software` and `auto` find one wherever SwiftShader or a driver is", async () => {
    for (const select of ["software", "auto"]) {
      const device = await openTestDevice(select);
      if (device === undefined) return;
      if (select === "software") expect(device.isSoftware).toBe(true);
      device.dispose();
    }
  });

  test("a part of a listed name is enough", async () => {
    const [name] = hasSystemDrivers() ? await adapterNames() : [];
    if (name === undefined)
      return console.log("skipped: this machine has no Vulkan driver of its own");
    const device = await openDevice({ select: name.slice(0, 6).toUpperCase() });
    device.dispose();
  });

  test("a name that nothing has is a fault that lists what there is", async () => {
    await expect(openDevice({ select: "no-such-device" })).rejects.toMatchObject({
      code: "no-adapter",
      exitCode: 3,
      hint: expect.stringContaining("weft doctor"),
    });
  });
});

/**
 * In a process of its own: what it leaves behind must not keep it alive, and the environment is its own.
 * The runtime is compiled for it, below node_modules so that its packages are found.
 */
const packageRoot = fileURLToPath(new URL("../..", import.meta.url));
const compiled = join(packageRoot, "node_modules", ".cache", `weft-runtime-${process.pid}`);
afterAll(() => rmSync(compiled, { recursive: true, force: true }));

function compileRuntime(): void {
  if (existsSync(compiled)) return;
  const settings = join(packageRoot, "node_modules", ".cache", `weft-runtime-${process.pid}.json`);
  mkdirSync(dirname(settings), { recursive: true });
  const compilerOptions = { rootDir: packageRoot, outDir: compiled, noEmitOnError: false };
  const include = [join(packageRoot, "runtime/device/*.ts")];
  writeFileSync(
    settings,
    JSON.stringify({ extends: join(packageRoot, "tsconfig.json"), compilerOptions, include }),
  );
  const compiler = join(packageRoot, "node_modules", "typescript", "bin", "tsc");
  const { stdout } = spawnSync(process.execPath, [compiler, "-p", settings], {
    encoding: "utf8",
    cwd: packageRoot,
  });
  rmSync(settings);
  if (!existsSync(compiled)) throw new Error(`the runtime does not compile: ${stdout}`);
}

function openInNewProcess(
  select: string,
  env: NodeJS.ProcessEnv,
): { status: number | null; output: string } {
  compileRuntime();
  const module = pathToFileURL(join(compiled, "runtime/device/open-device.js")).href;
  const script = join(folder, "open.mjs");
  writeFileSync(
    script,
    `const { openDevice } = await import(${JSON.stringify(module)});
const device = await openDevice({ select: process.argv[2] });
console.log(device.kind);
device.dispose();`,
  );
  const options = { env: { ...process.env, ...env }, encoding: "utf8", timeout: 60_000 } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, select], options);
  return { status, output: `${stdout}${status === 0 ? "" : stderr}`.trim() };
}

describe("a machine without Vulkan drivers", () => {
  test("gets SwiftShader, unpacked once into the cache folder, and the process ends by itself", async () => {
    const search = await findSwiftShader();
    if (search.found === undefined) return console.log(`skipped: ${search.because}`);
    const cache = join(folder, "cache");
    const env = { VK_DRIVER_FILES: join(folder, "none.json"), XDG_CACHE_HOME: cache };
    for (let turn = 0; turn < 2; turn++)
      expect(openInNewProcess("auto", env)).toEqual({ status: 0, output: "swiftshader" });
    const [unpacked, ...others] = readdirSync(join(cache, "weft"));
    expect(others).toEqual([]);
    const files = readdirSync(join(cache, "weft", unpacked ?? "")).toSorted();
    expect(files).toEqual(["libvk_swiftshader.so", "libvulkan.so.1", "vk_swiftshader_icd.json"]);
  });

  test.skipIf(process.platform !== "linux")("loads no library that it did not unpack", async () => {
    const search = await findSwiftShader();
    if (search.found === undefined) return console.log(`skipped: ${search.because}`);
    const cache = join(folder, "planted");
    const env = { VK_DRIVER_FILES: join(folder, "none.json"), XDG_CACHE_HOME: cache };
    const name = basename(dirname(search.found.manifest));
    const planted = join(cache, "weft", name);
    const driver = join(planted, "libvk_swiftshader.so");
    const start = () => openInNewProcess("auto", env);
    // Complete by its names, and none of it ours.
    mkdirSync(planted, { recursive: true });
    for (const file of readdirSync(dirname(search.found.manifest)))
      writeFileSync(join(planted, file), "planted");
    expect(start()).toEqual({ status: 0, output: "swiftshader" });
    const whole = readFileSync(driver);
    expect(whole.length).toBeGreaterThan(1_000_000);
    // One byte changed later, a file that others may write, a link to another folder.
    const changed = Uint8Array.from(whole);
    changed[changed.length - 1] = 255 - (changed.at(-1) ?? 0);
    writeFileSync(driver, changed);
    expect(start().output).toBe("swiftshader");
    expect(readFileSync(driver).equals(whole)).toBe(true);
    chmodSync(driver, 0o666);
    expect(start().output).toBe("swiftshader");
    expect(statSync(driver).mode & 0o777).toBe(0o600);
    renameSync(planted, join(folder, "elsewhere"));
    symlinkSync(join(folder, "elsewhere"), planted);
    expect(start().output).toBe("swiftshader");
    expect(lstatSync(planted).isSymbolicLink()).toBe(false);
  });

  test("says that there is no hardware", async () => {
    const { status, output } = openInNewProcess("hardware", {
      VK_DRIVER_FILES: join(folder, "none.json"),
    });
    expect(status).not.toBe(0);
    expect(output).toContain("no Vulkan driver");
    expect(existsSync(join(folder, "none.json"))).toBe(false);
  });
});
