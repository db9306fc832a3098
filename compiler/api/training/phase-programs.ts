import { checkpointTensors } from "../../../runtime/train/checkpoint-tensors.ts";
import type { Shapes } from "../../../runtime/weights/key-pieces.ts";
import type { CheckpointHeader } from "../../compile.ts";
import type { StageRequest } from "../../compile-stage.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { invariant } from "../../diagnostics/internal-error.ts";
import type { DeviceProfile } from "../../ir/device-profile.ts";
import type { StageArtifact } from "../../stage-artifact.ts";
import type { TrainingOptions } from "../library-types.ts";
import { checkpointHeader } from "../load/checkpoint-header.ts";
import { compileTraining } from "./compile-training.ts";
import type { TrainingRecords } from "./run-records.ts";
import type { StageOutline } from "./stage-outline.ts";

/** A phase of a run, compiled: what takes the run from one step to another. */
export interface PhaseProgram {
  /** Undefined where the stage has none. */
  readonly phase: string | undefined;
  readonly artifact: StageArtifact;
  /** Steps of the run that are done when the phase begins, and when it ends. */
  readonly from: number;
  readonly to: number;
  /** The loss alone, for records that are not trained on, where there are any. */
  readonly evaluation: StageArtifact | undefined;
  /** The checkpoint that its weights come from, as the compiler sees it; undefined for initialisers. */
  readonly header: CheckpointHeader | undefined;
}

interface PhasePrograms {
  readonly phases: readonly PhaseProgram[];
  /** Warnings. */
  readonly diagnostics: readonly Diagnostic[];
  /** The texts that were read, by the paths that messages call them by. */
  readonly sources: ReadonlyMap<string, string>;
}

/**
 * Compiles the phases of a run, each for the checkpoint that the one before will leave: whatever is wrong with one is told
 * before the first step. A number of steps that is asked for is that of the whole run: phases that would begin behind it
 * are left out, and the last one ends there.
 */
export function compilePhases(
  options: TrainingOptions,
  { phases: outlines }: Pick<StageOutline, "phases">,
  records: TrainingRecords,
  profile: DeviceProfile,
  watch?: StageRequest["watch"],
): PhasePrograms {
  const { steps: asked, weights, config } = options;
  const phases: PhaseProgram[] = [];
  const diagnostics: Diagnostic[] = [];
  const sources = new Map<string, string>();
  const first = weights === undefined ? undefined : checkpointHeader(weights, config);
  for (const [n, { phase, steps }] of outlines.entries()) {
    const before = phases.at(-1);
    const from = before?.to ?? 0;
    if (asked !== undefined && from >= asked) break;
    const own = records.ofPhase(phase);
    const left = asked === undefined ? undefined : asked - from;
    const said = n === outlines.length - 1 ? undefined : steps(own.stepsPerEpoch);
    const request = { ...options, phase, steps: least(left, said) };
    const header = before === undefined ? first : headerBehind(before, first);
    const compiled = compileTraining(request, own, { profile, watch, header });
    const { artifact } = compiled;
    for (const [path, text] of compiled.sources) sources.set(path, text);
    diagnostics.push(...compiled.diagnostics.filter((one) => !isTold(one, diagnostics)));
    const to = from + stepsIn(artifact);
    const program = { phase, artifact, evaluation: undefined, from, to, header };
    const evaluation = evaluationOf(program, request, { first, records, profile });
    phases.push({ ...program, evaluation });
  }
  return { phases, diagnostics, sources };
}

/** Compiled for the checkpoints that the phase writes. */
function evaluationOf(
  program: PhaseProgram,
  options: TrainingOptions,
  { first, records, profile }: EvaluationPlace,
): StageArtifact | undefined {
  const heldOut = records.heldOut?.(program.phase);
  if (heldOut === undefined) return undefined;
  const header = headerBehind(program, first);
  return compileTraining(options, heldOut, { profile, header, purpose: "evaluate" }).artifact;
}

interface EvaluationPlace {
  readonly first: CheckpointHeader | undefined;
  readonly records: TrainingRecords;
  readonly profile: DeviceProfile;
}

function least(left: number | undefined, own: number | undefined): number | undefined {
  if (left === undefined || own === undefined) return left;
  return Math.min(left, own);
}

/** Shapes of the checkpoint that a phase is filled from, and so of those that it writes where it leaves them alone. */
export function shapesOf({ header }: PhaseProgram): Shapes {
  return header?.tensors ?? {};
}

/** The checkpoint at the end of a phase, over what the first weights have besides. */
function headerBehind(before: PhaseProgram, first: CheckpointHeader | undefined): CheckpointHeader {
  const { "weights.safetensors": saved = [] } = checkpointTensors(
    before.artifact,
    shapesOf(before),
  );
  const shapes = saved.map(({ key, shape }) => [key, shape] as const);
  const tensors = { ...first?.tensors, ...Object.fromEntries(shapes) };
  return { config: first?.config, settings: first?.settings, tensors };
}

/** Phases have their texts in common, whose warnings are said once. */
function isTold({ message, primary }: Diagnostic, told: readonly Diagnostic[]): boolean {
  return told.some((one) => {
    const { span } = one.primary;
    return (
      one.message === message &&
      span.start === primary.span.start &&
      span.file === primary.span.file
    );
  });
}

function stepsIn({ stage: { length } }: StageArtifact): number {
  invariant(length?.unit === "steps", "a program that trains has a number of steps");
  return length.amount;
}
