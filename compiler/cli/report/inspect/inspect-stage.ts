import { submitsOf } from "../../../../runtime/train/run-batch.ts";
import { formatBytes, formatCount } from "../../../api/text/format-quantity.ts";
import type { Style } from "../../../api/text/style.ts";
import { formatTable } from "../../../api/text/table.ts";
import type { Dispatch } from "../../../artifact.ts";
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
  readonly pieces: PiecesReport;
  /** Of one piece of the batch, forward and backward, of a whole step, and of all steps where their number is known. */
  readonly flopsOf: {
    readonly piece: number;
    readonly step: number;
    readonly all: number | undefined;
  };
  readonly dispatchesOf: {
    readonly piece: number;
    readonly step: number;
  };
  /** With `--lr`. */
  readonly rates?: readonly RateReport[];
}

/** How a step is made of what is planned. */
interface PiecesReport {
  /** Of a step. */
  readonly count: number;
  /** Of a piece. */
  readonly samples: number;
  /**
   * `step`: the program is a whole step, but for an optimizer. `piece`: it is the gradients of one piece, and a step is as
   * many of them; of a batch in two passes the first one is not in it.
   */
  readonly planned: "piece" | "step";
  /** Of a step that is planned as a whole. */
  readonly submits: number | undefined;
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
  const pieces = piecesOf(artifact);
  const flops = costOfBatch(artifact, pieces, ({ flops }) => flops);
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
    pieces,
    flopsOf: {
      ...flops,
      all: steps === undefined ? undefined : flops.step * steps,
    },
    dispatchesOf: costOfBatch(artifact, pieces, () => 1),
    ...(factors && { rates: rateReport(artifact.stage) }),
  };
}

function piecesOf({ steps, program, stage }: StageArtifact): PiecesReport {
  const { batch, memory } = stage;
  const samples = steps.at(-1)?.sizes.B ?? 1;
  const least = Math.min(...steps.map(({ sizes: { B = samples } }) => B));
  const isStep = steps.length > 1 || batch === undefined || batch.total <= samples;
  return {
    count: isStep ? samples / least : Math.ceil(batch.total / samples),
    samples: least,
    planned: isStep ? "step" : "piece",
    submits: isStep ? submitsOf({ steps, program }, memory?.budget) : undefined,
  };
}

/** Each step of a program in pieces, as often as a batch runs it. */
function costOfBatch(
  { steps, program }: StageArtifact,
  { count, planned }: PiecesReport,
  costOf: (dispatch: Dispatch) => number,
): { readonly piece: number; readonly step: number } {
  const samples = steps.at(-1)?.sizes.B ?? 1;
  const costs = steps.map(({ from, to, sizes: { B = samples } }) => ({
    cost: program.dispatches.slice(from, to).reduce((sum, one) => sum + costOf(one), 0),
    runs: samples / B,
  }));
  const total = costs.reduce((sum, { cost, runs }) => sum + cost * runs, 0);
  if (planned === "piece") return { piece: total, step: total * count };
  const repeated = costs.reduce((sum, { cost, runs }) => sum + (runs > 1 ? cost : 0), 0);
  return { piece: count === 1 ? total : repeated, step: total };
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
    ...costLines(report).map((line) => `  ${line}`),
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

/** What a step costs, and what of it one piece does where there are several. */
function costLines(report: StageReport): readonly string[] {
  const { pieces, flopsOf, dispatchesOf, batch } = report;
  const { count, samples, planned, submits } = pieces;
  const amount = (of: "piece" | "step"): string =>
    `${dispatchesOf[of]} dispatches, ${formatCount(flopsOf[of])} FLOP`;
  const inSubmits = submits === undefined ? "" : `${submits} submit${submits === 1 ? "" : "s"}, `;
  if (count === 1) return [`a step: ${inSubmits}${amount("step")}, ${allText(report)}`];
  const first = batch?.form === "two-pass" ? ", and a first pass over them" : "";
  const step = planned === "step" ? "" : `, without the optimizer${first}`;
  return [
    `a piece of ${samples}: ${amount("piece")}${planned === "piece" ? "; the program is planned for one" : ""}`,
    `a step of ${count} pieces: ${inSubmits}${amount("step")}${step}, ${allText(report)}`,
  ];
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
