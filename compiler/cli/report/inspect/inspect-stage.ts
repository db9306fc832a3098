import { formatBytes, formatCount } from "../../../api/text/format-quantity.ts";
import type { Style } from "../../../api/text/style.ts";
import { formatTable } from "../../../api/text/table.ts";
import {
  type GroupSpec,
  type StageArtifact,
  type StageMemory,
  type StageSpec,
  stepsOf,
  type TrainedSpec,
} from "../../../stage-artifact.ts";
import { type RateReport, rateReport, ratesText } from "./inspect-rates.ts";
import { type InspectReport, inspectReport } from "./inspect-report.ts";
import { recomputedText } from "./recomputed-text.ts";

/** What a phase of a stage trains and costs, as `weft inspect --stage --json` prints it. */
interface StageReport extends Omit<InspectReport, "mode"> {
  readonly stage: string;
  readonly phase: string | undefined;
  readonly begins: StageSpec["begins"];
  readonly batch: StageSpec["batch"];
  readonly length: StageSpec["length"];
  readonly precision: StageSpec["precision"];
  readonly memory?: StageMemory;
  /** How many steps that is, where it is known without the data. */
  readonly trainingSteps: number | undefined;
  /** Tensors and numbers that are trained. */
  readonly trained: Amount;
  readonly groups: readonly GroupReport[];
  /** What the loss reads and no line trains. */
  readonly frozen: Amount;
  readonly bytes: {
    readonly weights: number;
    readonly gradients: number;
    /** What the optimizer keeps. */
    readonly moments: number;
    readonly activations: number;
  };
  /** Of one piece of the batch, forward and backward, of a whole step, and of all steps where their number is known. */
  readonly flopsOf: {
    readonly piece: number;
    readonly step: number;
    readonly all: number | undefined;
  };
  /** With `--lr`. */
  readonly rates?: readonly RateReport[];
}

interface Amount {
  readonly tensors: number;
  readonly numbers: number;
}

interface GroupReport extends Amount {
  readonly selector: string;
  readonly lr: number;
  /** Paths that the line selects as well and no gradient reaches. */
  readonly unreached: readonly string[];
  /** With `--groups`: every parameter of the line. */
  readonly parameters?: readonly ParameterReport[];
}

interface ParameterReport extends TrainedSpec {
  readonly isTrained: boolean;
}

export function stageReport(artifact: StageArtifact, withParameters: boolean): StageReport {
  const { mode: _, ...costs } = inspectReport(artifact);
  const { stage, phase, begins, groups, batch, length, precision, moments, memory, factors } =
    artifact.stage;
  const trained = amountOf(groups.flatMap(({ parameters }) => parameters));
  const paths = new Set(groups.flatMap(({ parameters }) => parameters.map(({ path }) => path)));
  const others = artifact.stored.filter(({ kind, path }) => kind === "param" && !paths.has(path));
  const flops = flopsOfBatch(artifact, costs.flops);
  const steps = length && stepsOf(length, batch?.total);
  return {
    ...costs,
    stage,
    phase,
    begins,
    batch,
    length,
    precision,
    ...(memory && { memory }),
    trainingSteps: steps,
    trained,
    groups: groups.map((group) => groupReport(group, withParameters)),
    frozen: amountOf(
      others.map(({ shape }) => ({ numbers: shape.reduce((n, { size }) => n * size, 1) })),
    ),
    bytes: {
      weights: costs.weightBytes,
      gradients: 4 * trained.numbers,
      moments: 4 * moments * trained.numbers,
      activations: costs.activationBytes,
    },
    flopsOf: {
      ...flops,
      all: steps === undefined ? undefined : flops.step * steps,
    },
    ...(factors && { rates: rateReport(artifact.stage) }),
  };
}

/** Each step of a program in pieces, as often as a batch runs it; what is compiled at once is one piece. */
function flopsOfBatch(
  { steps, program, stage: { batch } }: StageArtifact,
  flops: number,
): { readonly piece: number; readonly step: number } {
  const pieces = batch === undefined ? 1 : batch.total / batch.piece;
  if (steps.length === 1) return { piece: flops, step: flops * pieces };
  const samples = steps.at(-1)?.sizes.B ?? 1;
  const costs = steps.map(({ from, to, sizes: { B = samples } }) => ({
    flops: program.dispatches.slice(from, to).reduce((sum, dispatch) => sum + dispatch.flops, 0),
    runs: samples / B,
  }));
  return {
    piece: costs.reduce((sum, one) => sum + (one.runs > 1 ? one.flops : 0), 0),
    step: costs.reduce((sum, one) => sum + one.runs * one.flops, 0),
  };
}

function groupReport(group: GroupSpec, withParameters: boolean): GroupReport {
  const { selector, lr, parameters, unreached } = group;
  const all = [
    ...parameters.map((one) => ({ ...one, isTrained: true })),
    ...unreached.map((one) => ({ ...one, isTrained: false })),
  ];
  return {
    selector,
    lr,
    ...amountOf(parameters),
    unreached: unreached.map(({ path }) => path),
    ...(withParameters && { parameters: all }),
  };
}

function amountOf(parameters: readonly Pick<TrainedSpec, "numbers">[]): Amount {
  return {
    tensors: parameters.length,
    numbers: parameters.reduce((sum, { numbers }) => sum + numbers, 0),
  };
}

export function stageText(report: StageReport, style: Style): string {
  const { stage, phase, model, sizes, trained, frozen, bytes, flopsOf, batch, precision } = report;
  const name = phase === undefined ? stage : `${stage}, phase ${phase},`;
  const shown = Object.entries(sizes).map(([axis, size]) => `${axis} = ${size}`);
  const lines = [
    style.colors.bold(`${name} of ${model}`),
    `  ${shown.join(", ")}${batch === undefined ? "" : `; ${batchText(batch)}`}`,
    `  computed in ${precision.compute}${precision.isMixed ? ", some parts in another float" : ""}`,
    `  trained: ${formatCount(trained.numbers)} numbers in ${trained.tensors} tensors; frozen: ${formatCount(frozen.numbers)} in ${frozen.tensors}`,
    `  weights ${formatBytes(bytes.weights)}, gradients ${formatBytes(bytes.gradients)}, moments ${formatBytes(bytes.moments)}, activations ${formatBytes(bytes.activations)}`,
    `  ${report.dispatches} dispatches, ${formatCount(flopsOf.piece)} FLOP a piece, ${formatCount(flopsOf.step)} a step, ${allText(report)}`,
  ];
  if (report.begins !== undefined) lines.push(`  ${beginningText(report.begins)}`);
  const columns = [
    { title: "train" },
    { title: "lr", align: "right" as const },
    { title: "tensors", align: "right" as const },
    { title: "numbers", align: "right" as const },
    { title: "unreached", align: "right" as const },
  ];
  const rows = report.groups.map((group) => [
    group.selector,
    String(group.lr),
    String(group.tensors),
    formatCount(group.numbers),
    String(group.unreached.length),
  ]);
  const parameters = report.groups.flatMap((group) => group.parameters ?? []);
  const table = formatTable(columns, rows, style);
  const budget = report.memory && recomputedText(report.memory, flopsOf.piece, style);
  const more = parameters.length === 0 ? "" : parametersText(parameters, style);
  return `${lines.join("\n")}\n${budget ?? ""}\n${table}${more}${ratesText(report.rates ?? [], style)}`;
}

function allText({ flopsOf: { all }, trainingSteps, length }: StageReport): string {
  if (all !== undefined) return `${formatCount(all)} in ${formatCount(trainingSteps ?? 0)} steps`;
  if (length === undefined) return "and nothing says how many steps there are";
  return `and ${length.amount} ${length.unit} are as many steps as the data has`;
}

/** What becomes of what the phase before has learnt. */
function beginningText({ after, resized, added }: NonNullable<StageReport["begins"]>): string {
  const listed = (what: string, paths: readonly string[]): string => {
    const [first, ...others] = paths;
    if (first === undefined) return "";
    return `; ${what}: ${first}${others.length === 0 ? "" : ` and ${others.length} more`}`;
  };
  const sizes = listed("resampled", resized) + listed("new", added);
  return `begins with the weights of phase ${after}${sizes}; moments begin at 0`;
}

function batchText({ total, piece, form, cut }: NonNullable<StageReport["batch"]>): string {
  const sizes = `batch ${total} by ${piece}`;
  if (form === "whole") return sizes;
  const how = form === "sum" ? "added up" : "in two passes";
  return cut.length === 0 ? `${sizes}, ${how}` : `${sizes}, ${how} from ${cut.join(", ")}`;
}

function parametersText(parameters: readonly ParameterReport[], style: Style): string {
  const columns = [
    { title: "parameter" },
    { title: "lr", align: "right" as const },
    { title: "decay", align: "right" as const },
    { title: "numbers", align: "right" as const },
    { title: "" },
  ];
  const rows = parameters.map(({ path, lr, decay, numbers, isTrained }) => [
    path,
    lr.toPrecision(6),
    String(decay),
    String(numbers),
    isTrained ? "" : "unreached",
  ]);
  return `\n${formatTable(columns, rows, style)}`;
}
