import { RuntimeFault } from "../../../runtime/faults.ts";
import type { InputValue } from "../../../runtime/input-value.ts";
import type { Tensor } from "../../../runtime/tensor.ts";
import { openMode } from "../open-loaded.ts";
import { type Answerer, openAnswerer, type Searching } from "./answer-texts.ts";
import type { EvaluatedModel } from "./evaluated-model.ts";

/** A mode without steps that is on its device. */
export type OpenMode = Awaited<
  ReturnType<typeof openMode<Record<string, InputValue>, Record<string, Tensor>>>
>;

/** What a mode reads besides. */
export type ModeReader = "image" | "text";

/**
 * The programs of one model on its device. Tasks of a command that want the same one open it once: of each kind the last
 * one stays open. What two programs read of the weights lies on the device twice, so that one task alone keeps
 * nothing that it is done with.
 */
export class SharedPrograms {
  readonly #model: EvaluatedModel;
  readonly #keeps: boolean;
  readonly #answerer = new OneOpen<Answerer>();
  readonly #modes = { image: new OneOpen<OpenMode>(), text: new OneOpen<OpenMode>() };

  /** @param keeps Whether another task may follow. */
  constructor(model: EvaluatedModel, { keeps }: { readonly keeps: boolean }) {
    this.#model = model;
    this.#keeps = keeps;
  }

  /** The mode that answers, with beams and lengths as they are searched for. */
  answerer(mode: string, searching: Searching): Promise<Answerer> {
    const { name, beams, minNewTokens } = searching;
    return this.#take(this.#answerer, JSON.stringify([mode, name, beams, minNewTokens]), () =>
      openAnswerer(this.#model, mode, searching),
    );
  }

  /** A mode for so many pictures or texts at a time. */
  mode(reader: ModeReader, mode: string, batch: number): Promise<OpenMode> {
    return this.#take(this.#modes[reader], JSON.stringify([mode, batch]), () =>
      openMode({ ...this.#model, mode, sizes: { B: batch } }),
    );
  }

  /** Says that a task has no more use for what it took. */
  release(reader: ModeReader): void {
    if (!this.#keeps) this.#modes[reader].dispose();
  }

  dispose(): void {
    for (const one of [this.#answerer, ...Object.values(this.#modes)]) one.dispose();
  }

  async #take<T extends Disposed>(
    place: OneOpen<T>,
    key: string,
    open: () => Promise<T>,
  ): Promise<T> {
    try {
      return await place.for(key, open);
    } catch (error) {
      if (!(error instanceof RuntimeFault && error.code === "out-of-memory")) throw error;
      // Alone it may have room.
      this.dispose();
      return place.for(key, open);
    }
  }
}

interface Disposed {
  readonly dispose: () => void;
}

/** A place for one program. */
class OneOpen<T extends Disposed> {
  #open: { readonly key: string; readonly program: T } | undefined;

  async for(key: string, open: () => Promise<T>): Promise<T> {
    if (this.#open?.key === key) return this.#open.program;
    this.dispose();
    const program = await open();
    this.#open = { key, program };
    return program;
  }

  dispose(): void {
    this.#open?.program.dispose();
    this.#open = undefined;
  }
}
