import { Worker } from "node:worker_threads";
import { RuntimeFault } from "../faults.ts";
import { InternalError } from "../internal-error.ts";
import type { BatchLayout } from "./batch-layout.ts";
import type { MakerRequest } from "./open-maker.ts";
import type { BadRecord } from "./sample-maker.ts";
import type { SamplePool } from "./sample-pool.ts";

/** What a thread is begun with. */
export interface WorkerStart {
  readonly request: MakerRequest;
  readonly layout: BatchLayout;
  readonly slots: readonly SharedArrayBuffer[];
}

/** Some samples of a batch: `count` from sample `first` on, which stand from `place` on in a slot. */
export interface SampleTask {
  readonly task: number;
  readonly slot: number;
  readonly first: number;
  readonly place: number;
  readonly count: number;
}

/** Asks a thread to end. */
export const endOfWork = "end";

export interface SampleReport {
  readonly task: number;
  readonly bad: readonly BadRecord[];
  /** What ended it, where it did not come to its end. */
  readonly error: WorkerError | undefined;
}

/** An error as it passes between threads. */
export type WorkerError =
  | ({ readonly kind: "fault" } & Pick<RuntimeFault, "code" | "message" | "hint" | "exitCode">)
  | { readonly kind: "error"; readonly message: string };

interface Waiting {
  readonly resolve: (bad: readonly BadRecord[]) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Threads that make samples side by side. Each sample has its place before anybody makes it, so that their number, and who
 * is done first, changes nothing.
 */
export class WorkerPool implements SamplePool {
  readonly slots: readonly SharedArrayBuffer[];
  readonly #layout: BatchLayout;
  readonly #workers: readonly Worker[];
  readonly #waiting = new Map<number, Waiting>();
  #tasks = 0;
  #failure: Error | undefined;
  #isClosed = false;

  constructor(request: MakerRequest, layout: BatchLayout, count: number) {
    this.#layout = layout;
    this.slots = Array.from({ length: slotCount }, () => new SharedArrayBuffer(layout.bytes));
    const workerData: WorkerStart = { request, layout, slots: this.slots };
    const script = new URL(workerScript, import.meta.url);
    this.#workers = Array.from({ length: count }, () => this.#begin(script, workerData));
  }

  async fill(slot: number, first: number): Promise<readonly BadRecord[]> {
    const { batch } = this.#layout;
    const count = Math.max(1, Math.ceil(batch / (this.#workers.length * turnsOfWorker)));
    const parts: Promise<readonly BadRecord[]>[] = [];
    for (let place = 0; place < batch; place += count) {
      const part = { slot, first: first + place, place, count: Math.min(count, batch - place) };
      parts.push(this.#send(part));
    }
    const bad = await Promise.all(parts);
    return bad.flat();
  }

  close(): void {
    this.#isClosed = true;
    for (const worker of this.#workers) endWorker(worker);
    this.#fail(new InternalError("the threads were ended"));
  }

  #send(part: Omit<SampleTask, "task">): Promise<readonly BadRecord[]> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const task = this.#tasks++;
    const worker = this.#workers[task % this.#workers.length];
    return new Promise((resolve, reject) => {
      this.#waiting.set(task, { resolve, reject });
      worker?.postMessage({ task, ...part } satisfies SampleTask);
    });
  }

  #begin(script: URL, workerData: WorkerStart): Worker {
    const worker = new Worker(script, { workerData });
    worker.on("message", ({ task, bad, error }: SampleReport) => {
      const waiting = this.#waiting.get(task);
      this.#waiting.delete(task);
      if (error === undefined) waiting?.resolve(bad);
      else waiting?.reject(errorOf(error));
    });
    worker.on("error", (error) => this.#fail(error));
    worker.on("exit", () => {
      if (!this.#isClosed) this.#fail(new InternalError("a thread that reads data ended"));
    });
    return worker;
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

/**
 * A thread ends by itself between two pieces of work: Node aborts the whole process where one is stopped just when it makes a
 * decompressor. One that does not come to it is stopped.
 */
function endWorker(worker: Worker): void {
  worker.postMessage(endOfWork);
  const timer = setTimeout(() => void worker.terminate(), patience);
  timer.unref();
  worker.once("exit", () => clearTimeout(timer));
}

function errorOf(error: WorkerError): Error {
  if (error.kind === "error") return new InternalError(error.message);
  const { code, message, hint, exitCode } = error;
  return new RuntimeFault(code, message, { hint, exitCode, step: undefined });
}

/** Threads begin with a file that Node reads by itself: beside this one, or what was built of it. */
const workerScript = import.meta.url.endsWith(".ts")
  ? "../../dist/runtime/data/data-worker.js"
  : "./data-worker.js";
/** Milliseconds that a thread has to end by itself. */
const patience = 10_000;
/** Batches that are under way beside the one that is trained on. */
const slotCount = 3;
/** In how many parts each thread makes its share of a batch: pictures differ in size. */
const turnsOfWorker = 2;
