import type { ElaboratedCheckpoint } from "../2-check/weights/elaborate-checkpoint.ts";
import type { CheckpointRead, CheckpointSpec } from "../artifact.ts";
import { invariant } from "../diagnostics/internal-error.ts";
import type { DeviceProfile } from "../ir/device-profile.ts";
import { type BoundGraph, type BuiltProgram, buildProgram } from "../pipeline.ts";
import { storedIn } from "./interface-specs.ts";

/** What the runtime reads for each parameter; a grid of another size gets a program of its own. */
export function checkpointSpec(
  { layout, prefix, ignore, reads }: ElaboratedCheckpoint,
  built: BuiltProgram,
  bound: Pick<BoundGraph, "build" | "extent">,
  profile: DeviceProfile,
): CheckpointSpec {
  const byPath = new Map(reads.map((read) => [read.parameter, read]));
  return {
    layout,
    prefix,
    ignore,
    reads: storedIn(built).flatMap(({ stored: { kind, path } }): readonly CheckpointRead[] => {
      if (kind === "state") return [];
      const read = byPath.get(path);
      invariant(read !== undefined, `nothing says where ${path} comes from`);
      const { resample } = read;
      if (resample === undefined) return [{ parameter: path, source: read.source, resample }];
      const step = { ...bound, name: "resample", graph: resample.graph };
      const resized = buildProgram([step], { precision: "f32", profile });
      const [input = -1] = resized.steps[0]?.interface.inputs ?? [];
      const [output = -1] = resized.steps[0]?.interface.outputs ?? [];
      const { shape } = resample;
      const program = { shape, program: resized.program, input, output };
      return [{ parameter: path, source: read.source, resample: program }];
    }),
  };
}
