import type { Artifact } from "../../compiler/artifact.ts";
import type { StepOptions } from "../execute/steps.ts";
import type { Session } from "../session.ts";
import type { Tensor } from "../tensor.ts";
import { type BatchRecord, batchSamples, completeRecord, inputAt } from "./batch-inputs.ts";
import { FrozenRows, frozenStepOf } from "./frozen-rows.ts";
import { FrozenStore } from "./frozen-store.ts";
import { type PieceCall, StagedInputs, stagedBytes } from "./staged-inputs.ts";

interface BatchOptions extends StepOptions {
  /** The number of the first sample in the run. */
  readonly firstSample: number;
}

/** Bytes of a batch's inputs up to which all of its pieces are one submit. */
const mostStaged = 1 << 24;
/** As many dispatches go into a submit. */
const mostDispatches = 2048;

/**
 * Runs the steps of a stage's program for batches, those for a piece once for each. Where the inputs of a batch are few
 * bytes, they lie on the device beside the plan and a batch is one submit, or one for each 2,048 dispatches; else each
 * step is, because its inputs are written before it.
 */
export class BatchRunner {
  readonly #session: Session;
  readonly #total: number;
  readonly #calls: readonly PieceCall[];
  readonly #staged: StagedInputs | undefined;
  readonly #frozen: FrozenRows | undefined;

  private constructor(
    session: Session,
    calls: readonly PieceCall[],
    staged: StagedInputs | undefined,
    frozen: FrozenRows | undefined,
  ) {
    this.#session = session;
    this.#total = batchSamples(session.artifact);
    this.#calls = calls;
    this.#staged = staged;
    this.#frozen = frozen;
  }

  /**
   * `budget` in bytes is what the buffers of the program and the inputs of a batch may take together. What frozen parts
   * make of samples is kept in `store`, where the program has it apart.
   */
  static async create(
    session: Session,
    budget = Number.POSITIVE_INFINITY,
    store = new FrozenStore(),
  ): Promise<BatchRunner> {
    const { artifact } = session;
    const calls = callsOf(artifact);
    const staged = isStaged(artifact, calls, budget)
      ? await StagedInputs.create(session, calls, batchSamples(artifact))
      : undefined;
    const frozen = await FrozenRows.create(session, store);
    return new BatchRunner(session, calls, staged, frozen);
  }

  /** Outputs are those of the last step, behind which `encode` comes. */
  async run(
    record: BatchRecord,
    { firstSample, immediates = {}, ...last }: BatchOptions,
  ): Promise<Record<string, Tensor>> {
    const given = completeRecord(this.#session.artifact, record, firstSample);
    const whole = (await this.#frozen?.complete(given)) ?? given;
    this.#staged?.write(whole);
    const calls = this.#calls.map((call, n) => ({
      ...call,
      inputs: this.#staged?.inputsOf(n) ?? this.#inputsOf(call, whole),
      immediates,
      ...(n === this.#calls.length - 1 ? last : { read: [], guard: last.guard }),
    }));
    let outputs: Record<string, Tensor> = {};
    for (const some of inSubmits(calls, this.#staged !== undefined))
      outputs = (await this.#session.sequence(some)).at(-1) ?? {};
    return outputs;
  }

  #inputsOf({ spec, first }: PieceCall, record: BatchRecord): BatchRecord {
    const own = spec.inputs.flatMap((input) => {
      const tensor = record[input.name];
      if (tensor === undefined) return [];
      return [[input.name, inputAt(input, tensor, { first, total: this.#total })] as const];
    });
    return Object.fromEntries(own);
  }

  dispose(): void {
    this.#staged?.dispose();
  }
}

/** Runs one batch, within a budget as above. */
export async function runBatch(
  session: Session,
  record: BatchRecord,
  options: BatchOptions,
  budget?: number,
): Promise<Record<string, Tensor>> {
  const runner = await BatchRunner.create(session, budget);
  try {
    return await runner.run(record, options);
  } finally {
    runner.dispose();
  }
}

/** The steps of a batch in their order, behind what frozen parts make. */
function callsOf(artifact: Pick<Artifact, "steps">): readonly PieceCall[] {
  const total = batchSamples(artifact);
  const frozen = frozenStepOf(artifact);
  return artifact.steps.flatMap((spec, step) => {
    if (spec === frozen) return [];
    const count = spec.sizes.B ?? total;
    return Array.from({ length: Math.ceil(total / count) }, (_, n) => ({
      step,
      spec,
      first: n * count,
    }));
  });
}

/** Whether the inputs of all calls are to be on the device at once. */
function isStaged(
  artifact: Pick<Artifact, "steps" | "program">,
  calls: readonly PieceCall[],
  budget: number,
): boolean {
  if (calls.length === 1) return false;
  const planned = artifact.program.buffers.reduce((sum, { bytes }) => sum + bytes, 0);
  const bytes = stagedBytes(artifact, calls, batchSamples(artifact));
  return bytes <= Math.min(mostStaged, budget - planned);
}

/** In how many submits a batch of the program is run. */
export function submitsOf(
  artifact: Pick<Artifact, "steps" | "program">,
  budget = Number.POSITIVE_INFINITY,
): number {
  const calls = callsOf(artifact);
  return inSubmits(calls, isStaged(artifact, calls, budget)).length;
}

/** Calls by the submits that they go into: each alone, or where they are staged until there are `mostDispatches`. */
function inSubmits<T extends Pick<PieceCall, "spec">>(
  calls: readonly T[],
  areStaged: boolean,
): readonly (readonly T[])[] {
  if (!areStaged) return calls.map((call) => [call]);
  const submits: T[][] = [];
  let room = 0;
  for (const call of calls) {
    const dispatches = call.spec.to - call.spec.from;
    if (submits.length === 0 || dispatches > room) {
      submits.push([]);
      room = mostDispatches;
    }
    submits.at(-1)?.push(call);
    room -= dispatches;
  }
  return submits;
}
