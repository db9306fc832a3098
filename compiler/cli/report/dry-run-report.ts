import type { CheckpointHeaders } from "../../../runtime/weights/checkpoint.ts";
import type { CheckpointSurvey, SurveyedTensor } from "../../2-check/weights/survey-checkpoint.ts";
import type { Artifact } from "../../artifact.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { type DiagnosticJson, toJson } from "../../diagnostics/diagnostic-json.ts";
import { partOf } from "./inspect/inspect-report.ts";

/** What a plan holds on the device. */
interface DeviceBytes {
  readonly weightBytes: number;
  readonly constantBytes: number;
  readonly activationBytes: number;
  readonly stateBytes: number;
  readonly inputBytes: number;
  readonly outputBytes: number;
  readonly totalBytes: number;
}

/** What loading a checkpoint would do, as `weft run --dry-run --json` prints it. */
export interface DryRunReport {
  readonly model: string;
  /** Null where the whole model is looked at. */
  readonly mode: string | null;
  /** Whether it can be loaded as it is. */
  readonly fits: boolean;
  readonly files: CheckpointHeaders["files"];
  readonly tensors: number;
  readonly layout: {
    /** Null where keys are paths. */
    readonly name: string | null;
    readonly because: "named" | "best";
    /** Tensors that the model stores as it is declared. */
    readonly stored: number;
    readonly candidates: readonly {
      readonly name: string | null;
      readonly found: number;
      readonly settings: number;
      readonly lacking: number;
    }[];
  };
  readonly settings: CheckpointSurvey["settings"];
  readonly read: readonly PartReport[];
  readonly readTensors: number;
  readonly readBytes: number;
  readonly resampled: readonly {
    readonly parameter: string;
    readonly from: readonly number[];
    readonly to: readonly number[];
  }[];
  readonly initialised: readonly string[];
  /** Of parts that the mode does not reach. */
  readonly otherModes: readonly TensorList[];
  readonly ignored: readonly (TensorList & { readonly pattern: string })[];
  /** In front of the layout's prefix, or of no concern without a layout. */
  readonly elsewhere: readonly TensorList[];
  readonly unexpected: readonly { readonly key: string; readonly nearest: readonly string[] }[];
  readonly missing: readonly {
    readonly parameter: string;
    readonly keys: readonly string[];
    readonly nearest: readonly string[];
  }[];
  readonly misshapen: readonly string[];
  /** Planned without a device; absent for a whole model, and where the mode cannot be compiled. */
  readonly device?: DeviceBytes | undefined;
  readonly diagnostics: readonly DiagnosticJson[];
}

interface PartReport {
  readonly part: string;
  readonly tensors: number;
  /** In the file. */
  readonly bytes: number;
  readonly dtypes: readonly string[];
}

export interface TensorList {
  readonly bytes: number;
  readonly keys: readonly string[];
}

export function dryRunReport(
  asked: { readonly model: string; readonly mode: string | undefined; readonly isNamed: boolean },
  headers: CheckpointHeaders,
  survey: CheckpointSurvey,
  {
    artifact,
    diagnostics,
  }: {
    readonly artifact: Artifact | undefined;
    readonly diagnostics: readonly Diagnostic[];
  },
): DryRunReport {
  const { reads, unread } = survey;
  const bytesOf = (key: string): number => headers.tensors[key]?.bytes ?? 0;
  const list = (tensors: readonly SurveyedTensor[]): TensorList => ({
    bytes: tensors.reduce((sum, { key }) => sum + bytesOf(key), 0),
    keys: tensors.map(({ key }) => key),
  });
  const because = (...reasons: readonly SurveyedTensor["because"][]) =>
    unread.filter((tensor) => reasons.includes(tensor.because));
  const nonEmpty = (tensors: readonly SurveyedTensor[]) =>
    tensors.length === 0 ? [] : [list(tensors)];
  const patterns = [...new Set(because("ignored").map(({ by }) => by ?? ""))];
  const sound = reads.filter(({ problem }) => problem === undefined);
  const keys = [...new Set(sound.flatMap((read) => read.keys))];
  return {
    model: asked.model,
    mode: asked.mode ?? null,
    fits: !diagnostics.some(({ severity }) => severity === "error"),
    files: headers.files,
    tensors: Object.keys(headers.tensors).length,
    layout: {
      name: survey.layout ?? null,
      because: asked.isNamed ? "named" : "best",
      stored: survey.stored,
      candidates: survey.candidates.map(({ layout, ...rest }) => ({
        name: layout ?? null,
        ...rest,
      })),
    },
    settings: survey.settings,
    read: partsRead(sound, headers),
    readTensors: keys.length,
    readBytes: keys.reduce((sum, key) => sum + bytesOf(key), 0),
    resampled: sound.flatMap(({ parameter, shape, resampledFrom }) =>
      resampledFrom === undefined ? [] : [{ parameter, from: resampledFrom, to: shape }],
    ),
    initialised: sound.filter((read) => read.keys.length === 0).map(({ parameter }) => parameter),
    otherModes: nonEmpty(because("other-mode")),
    ignored: patterns.map((pattern) => ({
      pattern,
      ...list(because("ignored").filter(({ by }) => by === pattern)),
    })),
    elsewhere: nonEmpty(because("elsewhere", "unused")),
    unexpected: because("unexpected").map(({ key, nearest }) => ({ key, nearest })),
    missing: reads
      .filter(({ problem }) => problem === "missing")
      .map(({ parameter, keys: wanted, nearest }) => ({ parameter, keys: wanted, nearest })),
    misshapen: reads
      .filter(({ problem }) => problem === "misshapen")
      .map(({ parameter }) => parameter),
    device: artifact && deviceBytes(artifact),
    diagnostics: diagnostics.map(toJson),
  };
}

function partsRead(
  reads: CheckpointSurvey["reads"],
  { tensors }: CheckpointHeaders,
): readonly PartReport[] {
  const parts = new Map<string, Set<string>>();
  for (const { parameter, keys } of reads) {
    const part = partOf(parameter);
    const known = parts.get(part) ?? new Set();
    for (const key of keys) known.add(key);
    if (keys.length > 0) parts.set(part, known);
  }
  return [...parts].map(([part, keys]) => {
    const found = [...keys].flatMap((key) => tensors[key] ?? []);
    return {
      part,
      tensors: found.length,
      bytes: found.reduce((sum, { bytes }) => sum + bytes, 0),
      dtypes: [...new Set(found.map(({ dtype }) => dtype))],
    };
  });
}

function deviceBytes({ program: { plan } }: Artifact): DeviceBytes {
  const { weightBytes, constantBytes, stateBytes, inputBytes, outputBytes } = plan;
  const parts = {
    weightBytes,
    constantBytes,
    activationBytes: plan.arenaBytes,
    stateBytes,
    inputBytes,
    outputBytes,
  };
  const totalBytes = Object.values(parts).reduce((sum, bytes) => sum + bytes, 0);
  return { ...parts, totalBytes };
}
