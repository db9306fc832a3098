/** What plays the part of the GPU: one, or a driver that runs kernels on the CPU. */
export type DeviceKind = "hardware" | "lavapipe" | "swiftshader" | "software";

/** A device as a program sees it that uses the library: open until it is disposed. */
export interface DeviceHandle {
  /** What the driver calls it: `llvmpipe: Mesa 25.0.7 (LLVM 15.0.6)`. */
  readonly name: string;
  readonly kind: DeviceKind;
  /** Whether the CPU plays its part. */
  readonly isSoftware: boolean;
  /** Frees it. What was loaded onto it can no longer run; without this the process does not end. */
  dispose(): void;
}

/** Which device to open. */
export interface DeviceOptions {
  /**
   * `auto`: hardware, else software. `hardware`, `software`: only such. Anything else: part of an
   * adapter's name; `swiftshader` forces the driver of the optional package, `lavapipe` is Mesa's.
   */
  readonly select: "auto" | "hardware" | "software" | (string & {});
  /** Index clamps in every kernel. Off by default; a result that changes with it is a mistake of ours. */
  readonly robust?: boolean | undefined;
}
