import type { Artifact } from "../../compiler/artifact.ts";
import type { Executable } from "../execute/executable.ts";
import { matchesPattern } from "../weights/match-pattern.ts";
import type { WeightSource } from "../weights/weight-source.ts";
import { StoredLoader } from "./stored-loader.ts";
import { tensorsOf } from "./stored-parts.ts";
import type { QuantizedWeight } from "./upload-quantized.ts";
import { Uploader } from "./uploader.ts";
import type { WeightProgress } from "./weight-progress.ts";

/** What parameters, buffers and saved states were filled with. */
export interface WeightReport {
  readonly source: WeightSource;
  /** As the device stores them, without those that come anew for each run. */
  readonly bytes: number;
  readonly timeMs: number;
  /** Of it, how long the device was waited for: it copies, and the driver of a software device compiles kernels. */
  readonly waitedMs: number;
  /** Weights that are stored in few bits, and what that cost. */
  readonly quantized: readonly QuantizedWeight[];
  /** What came from the initialisers. */
  readonly initialised: readonly string[];
  /** Parameters that a resampling program resized. */
  readonly resampled: readonly string[];
  /** Keys of the file that nothing used, without those that the layout ignores. */
  readonly unused: readonly string[];
  readonly ignored: readonly string[];
}

/** Fills what is saved and stays on the device, a chunk at a time. */
export async function loadStored(
  artifact: Artifact,
  executable: Executable,
  source: WeightSource,
  onProgress?: (progress: WeightProgress) => void,
): Promise<WeightReport> {
  const startedAt = performance.now();
  const loader = StoredLoader.open(artifact, executable, source);
  const uploader = new Uploader(executable.device);
  try {
    const groups = executable.program.streaming?.groups ?? [];
    const streamed = new Set(groups.flatMap(({ tensors }) => tensors));
    const stays = (tensor: number): boolean => !streamed.has(tensor);
    const totalBytes = loader.plans
      .flatMap(({ spec }) => tensorsOf(spec))
      .filter(stays)
      .reduce((sum, tensor) => sum + executable.tensor(tensor).bytes, 0);
    let doneBytes = 0;
    const quantized: QuantizedWeight[] = [];
    for await (const piece of loader.load(uploader, stays)) {
      doneBytes += piece.bytes;
      const seconds = (performance.now() - startedAt) / 1000;
      const megabytesPerSecond = doneBytes / 1e6 / seconds;
      onProgress?.({ parameter: piece.parameter, doneBytes, totalBytes, megabytesPerSecond });
      if (piece.quantized !== undefined) quantized.push(piece.quantized);
    }
    const sentAt = performance.now();
    await uploader.finish();
    await executable.device.finish();
    const endedAt = performance.now();
    return {
      ...reportOf(artifact, loader, source, quantized),
      bytes: totalBytes,
      timeMs: endedAt - startedAt,
      waitedMs: uploader.waitedMs + (endedAt - sentAt),
    };
  } finally {
    uploader.dispose();
    loader.close();
  }
}

function reportOf(
  artifact: Artifact,
  { plans, checkpoint }: StoredLoader,
  source: WeightSource,
  quantized: readonly QuantizedWeight[],
): Omit<WeightReport, "bytes" | "timeMs" | "waitedMs"> {
  const used = new Set(plans.flatMap(({ read }) => read?.keys ?? []));
  const ignore = artifact.checkpoint?.ignore ?? [];
  const isIgnored = (key: string): boolean => ignore.some((one) => matchesPattern(key, one));
  const unused = [...(checkpoint?.tensors.keys() ?? [])].filter((key) => !used.has(key));
  const pathsOf = (some: typeof plans): readonly string[] => some.map(({ spec }) => spec.path);
  return {
    source,
    quantized,
    initialised: pathsOf(plans.filter(({ read }) => read === undefined)),
    resampled: pathsOf(plans.filter(({ read }) => read?.resample !== undefined)),
    unused: unused.filter((key) => !isIgnored(key)),
    ignored: unused.filter(isIgnored),
  };
}
