import { createHash, type Hash, randomUUID } from "node:crypto";
import {
  type Artifact,
  frozenStep as frozenName,
  type StepSpec,
  type StoredSpec,
} from "../../compiler/artifact.ts";
import { InternalError } from "../internal-error.ts";
import type { Session } from "../session.ts";
import { savedUnderPath } from "../stored/save-stored.ts";
import { countOf, tensorsOf } from "../stored/stored-parts.ts";
import { elementCount, emptyNumbers, type Tensor } from "../tensor.ts";
import { type BatchRecord, batchSamples, inputAt } from "./batch-inputs.ts";
import type { FrozenRow, FrozenStore } from "./frozen-store.ts";

/** The step that makes what is the same at every step, where the program has one. */
export function frozenStepOf({ steps }: Pick<Artifact, "steps">): StepSpec | undefined {
  const [first] = steps;
  return steps.length > 1 && first?.name === frozenName ? first : undefined;
}

/**
 * Completes the records of a program with what its frozen step makes of each sample. What was made of the same bytes by the
 * same kernels and weights is taken from the store, whatever run made it; so the numbers of a run do not hang on what the
 * store has.
 */
export class FrozenRows {
  readonly #session: Session;
  readonly #step: StepSpec;
  readonly #store: FrozenStore;
  /** Of kernels and weights. */
  readonly #maker: string;

  private constructor(session: Session, step: StepSpec, store: FrozenStore, maker: string) {
    this.#session = session;
    this.#step = step;
    this.#store = store;
    this.#maker = maker;
  }

  /** Undefined where the program has no such step. The session has its weights. */
  static async create(session: Session, store: FrozenStore): Promise<FrozenRows | undefined> {
    const step = frozenStepOf(session.artifact);
    if (step === undefined) return undefined;
    return new FrozenRows(session, step, store, await makerOf(session, step));
  }

  /** The record with its results as inputs. */
  async complete(record: BatchRecord): Promise<BatchRecord> {
    const total = batchSamples(this.#session.artifact);
    const keys = Array.from({ length: total }, (_, sample) => this.#keyOf(record, sample, total));
    const rows = keys.map((key) => this.#store.get(key));
    const piece = this.#step.sizes.B ?? total;
    for (let first = 0; first < total; first += piece) {
      if (!rows.slice(first, first + piece).includes(undefined)) continue;
      const made = await this.#make(record, first, total);
      for (const [n, row] of made.entries()) {
        const key = keys[first + n];
        if (rows[first + n] === undefined && key !== undefined) this.#store.add(key, row);
        rows[first + n] ??= row;
      }
    }
    const results = this.#step.outputs.map(({ name, element, shape }, n) => {
      const own = shape.map(({ size }) => size).with(0, total);
      const length = elementCount(own) / total;
      const data = emptyNumbers(element, total * length);
      for (const [sample, row] of rows.entries()) data.set(row?.[n] ?? [], sample * length);
      return [name, { element, shape: own, data } as Tensor] as const;
    });
    return { ...record, ...Object.fromEntries(results) };
  }

  /** The bytes that the results of a sample hang on, and what makes them, in few. */
  #keyOf(record: BatchRecord, sample: number, total: number): string {
    const hash = createHash("sha256").update(this.#maker);
    for (const input of this.#step.inputs) {
      const shape = input.shape.map(({ name, size }) => ({ name, size: name === "B" ? 1 : size }));
      const own = inputAt({ shape }, this.#given(record, input.name), { first: sample, total });
      addNumbers(hash, own.data);
    }
    return hash.digest("base64");
  }

  async #make(record: BatchRecord, first: number, total: number): Promise<readonly FrozenRow[]> {
    const { name, inputs, outputs } = this.#step;
    const entries = inputs.map(
      (input) =>
        [input.name, inputAt(input, this.#given(record, input.name), { first, total })] as const,
    );
    const made = await this.#session.step(name, Object.fromEntries(entries));
    const count = this.#step.sizes.B ?? total;
    return Array.from({ length: count }, (_, sample) =>
      outputs.map((output) => {
        const { data } = this.#given(made, output.name);
        const length = data.length / count;
        return data.slice(sample * length, (sample + 1) * length);
      }),
    );
  }

  #given(tensors: BatchRecord, name: string): Tensor {
    const found = tensors[name];
    if (found === undefined) throw new InternalError(`${name} is not there`);
    return found;
  }
}

/** Bytes of weights up to which runs find out whether theirs are the same. */
const mostCompared = 1 << 28;

/** Who makes results, in few bytes: the same kernels over the same weights make the same of the same samples. */
async function makerOf(session: Session, step: StepSpec): Promise<string> {
  const { program, stored } = session.artifact;
  const dispatches = program.dispatches.slice(step.from, step.to);
  const read = new Set(dispatches.flatMap(({ tensors }) => tensors));
  const weights = stored.filter((spec) => tensorsOf(spec).some((tensor) => read.has(tensor)));
  const hash = createHash("sha256").update(session.device.name);
  for (const { kernel, workgroups, tensors, shifts } of dispatches) {
    const named = tensors.map((tensor) => nameOf(session.artifact, step, weights, tensor));
    hash.update(JSON.stringify([program.kernels[kernel]?.wgsl, workgroups, named, shifts]));
  }
  const tables = program.constants.filter(({ tensor }) => read.has(tensor));
  hash.update(JSON.stringify(tables.map(({ name, init, initAxes }) => [name, init, initAxes])));
  // Weights of many bytes are this run's own: to look at them would take longer than to use them.
  if (weights.reduce((sum, spec) => sum + 4 * countOf(spec), 0) > mostCompared)
    return hash.update(randomUUID()).digest("base64");
  for await (const bytes of session.bytesOf(weights.map(savedUnderPath))) hash.update(bytes);
  return hash.digest("base64");
}

/** Numbers of tensors are those of one program: between programs, one is known by what it is for. */
function nameOf(
  { program }: Pick<Artifact, "program">,
  { inputs, outputs }: StepSpec,
  weights: readonly StoredSpec[],
  tensor: number,
): string {
  const border = [...inputs, ...outputs].find((one) => one.tensor === tensor);
  const weight = weights.find((one) => tensorsOf(one).includes(tensor));
  const { name = "", bytes = 0 } = program.tensors[tensor] ?? {};
  return `${border?.name ?? weight?.path ?? name} ${bytes}`;
}

function addNumbers(hash: Hash, { buffer, byteOffset, byteLength }: Tensor["data"]): void {
  hash.update(new Uint8Array(buffer, byteOffset, byteLength));
}
