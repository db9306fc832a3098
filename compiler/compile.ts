import type { Artifact } from "./artifact.ts";
import type { Diagnostic } from "./diagnostics/diagnostic.ts";
import type { DeviceProfile } from "./ir/device-profile.ts";
import type { SourceLoader } from "./source/source-loader.ts";

/** What to compile and for what. Everything that the result depends on is here: same options, same artifact. */
export interface CompileOptions {
  /** Specifier of the file to start from, as the loader knows it. */
  readonly entry: string;
  readonly loader: SourceLoader;
  readonly model: string;
  readonly mode: string;
  /** Sizes of free axes by name; those not given are 1 unless the plan needs them, which is asked for by name. */
  readonly sizes?: Readonly<Record<string, number>>;
  /** `--set path=value`, in order. */
  readonly overrides?: readonly Override[];
  /** Name of a `weights` block; without it the one that fits `checkpoint` is taken. */
  readonly layout?: string;
  /** The checkpoint's header and its `config.json`, where there is one. */
  readonly checkpoint?: CheckpointHeader;
  readonly precision?: "f32" | "f16";
  readonly profile?: DeviceProfile;
}

export interface Override {
  readonly path: string;
  readonly value: number | boolean | string;
}

export interface CheckpointHeader {
  /** Text of `config.json`; undefined where the checkpoint has none. */
  readonly config: string | undefined;
  /** Every tensor's shape by key. */
  readonly tensors: Readonly<Record<string, readonly number[]>>;
}

export interface CompileResult {
  /** Absent where there are errors. */
  readonly artifact: Artifact | undefined;
  readonly diagnostics: readonly Diagnostic[];
}
