import { defineFault } from "./fault-entry.ts";

/** What can be wrong with the machine. */
export const deviceFaults = {
  "no-adapter": defineFault<{ wanted: string; found: readonly string[]; reason: string }>({
    exitCode: 3,
    title: "No WebGPU device can be opened",
    message: ({ wanted, found, reason }) =>
      `no device fits \`--device ${wanted}\`${reason === "" ? "" : `: ${reason}`}${found.length === 0 ? "" : `; there is ${found.map((name) => `\`${name}\``).join(", ")}`}`,
    hint: () => "`weft doctor` says what is missing and how to get it",
    explain:
      "Weft runs on WebGPU (Dawn). On Linux that needs a Vulkan driver: that of the graphics card, Mesa's lavapipe (`apt install mesa-vulkan-drivers`), or SwiftShader, which comes with the optional package `@sparticuz/chromium` and needs no installation.",
  }),
  "no-binding": defineFault<{ reason: string }>({
    exitCode: 3,
    title: "WebGPU for Node cannot be loaded",
    message: ({ reason }) => `the package \`webgpu\` cannot be loaded: ${reason}`,
    hint: () => "run `npm install`; it is built for Linux, macOS and Windows on x64 and arm64",
    explain:
      "The package `webgpu` brings Dawn as a native addon. Its file for this platform is missing or does not load.",
  }),
  "device-lost": defineFault<{ device: string; reason: string }>({
    exitCode: 3,
    title: "The device was lost",
    message: ({ device, reason }) =>
      `the device \`${device}\` was lost${reason === "" ? "" : `: ${reason}`}`,
    hint: () =>
      "the driver gave up, often after a kernel that ran too long or a reset: start again",
    explain: "The driver reset or removed the device. All its memory is gone, so the run ended.",
  }),
  "device-error": defineFault<{ during: string; reason: string }>({
    exitCode: 3,
    title: "The device refused a command",
    message: ({ during, reason }) => `the device refused: ${during}: ${reason}`,
    explain:
      "WebGPU validated a command and refused it. That is a mistake in Weft, or a limit of the device: please report it with the output of `weft devices`.",
  }),
  "out-of-memory": defineFault<{ during: string }>({
    exitCode: 3,
    title: "The device has too little memory",
    message: ({ during }) => `the device has too little memory: ${during}`,
    hint: () => "`weft inspect` says what is planned; a smaller --batch or f16 storage needs less",
    explain:
      "All memory is planned before a run, and the plan did not fit in this device. `weft inspect` prints the plan without a device.",
  }),
  "buffer-too-large": defineFault<{ buffer: string; bytes: number; limit: number; device: string }>(
    {
      exitCode: 3,
      title: "A buffer is larger than the device allows",
      message: ({ buffer, bytes, limit, device }) =>
        `the buffer \`${buffer}\` needs ${bytes} bytes and \`${device}\` allows ${limit}`,
      hint: () => "compile for this device, so that the plan splits it, or use f16 storage",
      explain:
        "Each device limits the size of one buffer and of one binding. A program is planned for the limits of the device given to the compiler.",
    },
  ),
  "feature-missing": defineFault<{ feature: string; kernel: string; device: string }>({
    exitCode: 3,
    title: "A kernel needs a feature that the device lacks",
    message: ({ feature, kernel, device }) =>
      `the kernel \`${kernel}\` needs \`${feature}\`, which \`${device}\` does not have`,
    hint: () => "compile for this device, or choose another with --device",
    explain:
      "The program was compiled for a device with this feature, and this one does not have it. Programs are compiled for one device: give the compiler the profile of the device that will run it.",
  }),
  "kernel-rejected": defineFault<{ kernel: string; places: string; reason: string }>({
    exitCode: 3,
    title: "The device cannot compile a kernel",
    message: ({ kernel, places, reason }) =>
      `the kernel \`${kernel}\`${places} cannot be compiled: ${reason}`,
    explain:
      "The WGSL text of a kernel was refused. That is a mistake in Weft: please report it with the text that `weft inspect --emit wgsl` prints.",
  }),
} as const;
