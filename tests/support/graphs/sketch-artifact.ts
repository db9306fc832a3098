import type { Artifact } from "../../../compiler/artifact.ts";
import {
  type SizedStep,
  stepSpec,
  storedSpecs,
} from "../../../compiler/assemble/interface-specs.ts";
import { type BuildOptions, type BuiltStep, buildProgram } from "../../../compiler/pipeline.ts";

/** Graphs built by hand as the steps of a mode, through the whole back half of the compiler. */
export function artifactOfSteps(steps: readonly SizedStep[], options: BuildOptions): Artifact {
  const built = buildProgram(steps, options);
  const specs = steps.map((step, n) => stepSpec(built.steps[n] as BuiltStep, step));
  return {
    version: 0,
    model: "Sketch",
    mode: "sketch",
    sizes: {},
    stored: storedSpecs(built, steps),
    inputs: specs[0]?.inputs ?? [],
    outputs: specs[0]?.outputs ?? [],
    steps: specs,
    program: built.program,
    macs: 0,
    paperMacs: 0,
    checkpoint: undefined,
  };
}
