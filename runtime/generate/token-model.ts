import type { Artifact, InputSpec, StepSpec } from "../../compiler/artifact.ts";
import { fault } from "../faults.ts";
import { InternalError } from "../internal-error.ts";
import type { Session } from "../session.ts";
import type { Tensor } from "../tensor.ts";

/** What the steps of a generating mode are to whoever decodes with them. */
interface TokenSteps {
  /** One for each length of prompt that the program was made for, the shortest first. */
  readonly prompts: readonly { readonly step: number; readonly spec: StepSpec }[];
  readonly decode: { readonly step: number; readonly spec: StepSpec };
  /** The input of `decode` that takes the tokens. */
  readonly token: InputSpec;
  /** Sequences that are decoded at a time. */
  readonly rows: number;
  /** Positions that the caches hold; infinite where no state has an axis `Slot`. */
  readonly slots: number;
}

/**
 * A mode generates with two steps: the first takes the prompt and the last one token of each sequence.
 */
export function tokenSteps({ steps, stored, mode }: Artifact): TokenSteps {
  const numbered = steps.map((spec, step) => ({ spec, step }));
  const decode = numbered.at(-1);
  const prompts = numbered.filter(({ spec }) => spec.name !== decode?.spec.name);
  const [token, ...others] = decode?.spec.inputs ?? [];
  const isToken = token?.element === "i32" && token.shape.length === 1 && others.length === 0;
  if (decode === undefined || prompts.length === 0 || !isToken)
    throw fault("not-generating", { mode });
  const caches = stored.filter(({ lifetime }) => lifetime === "generation");
  const slots = caches.flatMap(({ shape }) =>
    shape.flatMap(({ name, size }) => (name === "Slot" ? [size] : [])),
  );
  const size = ({ spec: { inputs } }: (typeof prompts)[number]) =>
    inputs.reduce((sum, { shape }) => sum + shape.reduce((all, one) => all * one.size, 1), 0);
  return {
    prompts: [...prompts].sort((a, b) => size(a) - size(b)),
    decode,
    token,
    rows: token.shape[0]?.size ?? 1,
    slots: Math.min(...slots, Number.POSITIVE_INFINITY),
  };
}

/** Continuations of every sequence, `count` of each: the best, or those that were drawn. */
export interface Candidates {
  readonly count: number;
  readonly logp: ArrayLike<number>;
  readonly ids: ArrayLike<number>;
  /** Where they were drawn: the largest keys, each with the score of its sequence, are draws from all. */
  readonly keys?: ArrayLike<number> | undefined;
}

/** A session that decodes: what it did so far stands in its states. */
export class TokenModel {
  readonly steps: TokenSteps;
  readonly #session: Session;
  readonly #seed: number;
  /** Tokens chosen so far, and the positions that the longest sequence has taken. */
  #count = 0;
  #length = 0;
  #last: number | undefined;

  constructor(session: Session, seed = 0) {
    this.#session = session;
    this.steps = tokenSteps(session.artifact);
    this.#seed = seed;
  }

  /** Whether one more token has a slot in the caches. */
  get hasRoom(): boolean {
    return this.#length < this.steps.slots;
  }

  /** Begins anew with these prompts; `step` is one of `steps.prompts`. */
  async begin(step: number, inputs: Readonly<Record<string, Tensor>>): Promise<Outputs> {
    await this.#session.resetStates();
    this.#count = 0;
    const outputs = await this.#call(step, inputs);
    this.#length = Math.max(0, ...(outputs.length?.data ?? []));
    const { slots } = this.steps;
    if (this.#length > slots) throw fault("prompt-too-long", { tokens: this.#length, slots });
    return outputs;
  }

  /** One more token of each sequence: the given ones, or those that the last step chose. */
  async next(tokens?: readonly number[]): Promise<Outputs> {
    const { decode, token } = this.steps;
    const from = this.#last;
    if (from === undefined) throw new InternalError("decoding begins with a prompt");
    const given =
      tokens === undefined
        ? this.#session.outputOf(from, "token")
        : { element: "i32" as const, shape: [tokens.length], data: Int32Array.from(tokens) };
    this.#length += 1;
    return this.#call(decode.step, { [token.name]: given });
  }

  /** Sequence n goes on from what sequence `parents[n]` was. */
  async reorder(parents: readonly number[]): Promise<void> {
    if (parents.some((parent, n) => parent !== n)) await this.#session.permuteStates(parents);
  }

  async #call(step: number, inputs: Parameters<Session["step"]>[1]): Promise<Outputs> {
    const immediates = { seed: this.#seed, step: this.#count };
    const spec = this.#session.artifact.steps[step];
    // How long the sequences are, the CPU knows once it knows how long the prompts were.
    const read = (spec?.outputs ?? [])
      .map(({ name }) => name)
      .filter((name) => name !== "length" || this.#count === 0);
    const outputs = await this.#session.step(step, inputs, { immediates, read });
    this.#count += 1;
    this.#last = step;
    return outputs;
  }
}

type Outputs = Readonly<Record<string, Tensor>>;

/** The tokens of a step whose program chooses them. */
export function tokensOf({ token }: Outputs): readonly number[] {
  if (token === undefined) throw new InternalError("the program chooses no tokens");
  return [...token.data];
}

export function candidatesOf({ logp, ids, key }: Outputs): Candidates {
  if (logp === undefined || ids === undefined)
    throw new InternalError("the program gives no candidates");
  return { count: ids.shape.at(-1) ?? 0, logp: logp.data, ids: ids.data, keys: key?.data };
}
