import type { Artifact, StreamingSpec } from "../../compiler/artifact.ts";
import type {
  DispatchRange,
  Executable,
  Immediates,
  SegmentWeights,
} from "../execute/executable.ts";
import type { WeightSource } from "../weights/weight-source.ts";
import { type LoadedPiece, type PlannedFill, StoredLoader } from "./stored-loader.ts";
import { countOf, partsOf } from "./stored-parts.ts";
import { Uploader } from "./uploader.ts";
import type { WeightProgress } from "./weight-progress.ts";

interface WeightStreamOptions {
  /** While weights pass through the slots, in each run from 0 to its total. */
  readonly onStream?: ((progress: WeightProgress) => void) | undefined;
  /** Fill a slot with NaN before a group is brought to it: proves plans in tests. */
  readonly poison?: boolean | undefined;
}

/** A group on its way to its slot. */
interface Loading {
  readonly group: number;
  readonly pieces: AsyncGenerator<LoadedPiece>;
  doneBytes: number;
}

/**
 * Weights that do not all fit on the device: brings groups to their slots, in the order in which the
 * segments of a step want them.
 *
 * The queue works in order. So a group may be copied to a slot as soon as the last dispatch that reads the
 * slot is submitted, and a dispatch may be submitted as soon as the copies it needs are. While dispatches
 * of one slot are submitted one by one, pieces for the other slot go between them: the staging memory of
 * a piece is free again when the dispatch before it has ended, and a few pieces of it are enough.
 */
export class WeightStream implements SegmentWeights {
  readonly #executable: Executable;
  readonly #loader: StoredLoader;
  readonly #uploader: Uploader;
  readonly #spec: StreamingSpec;
  readonly #options: WeightStreamOptions;
  readonly #members: readonly GroupMembers[];
  /** What each slot holds; nothing while a group is on its way. */
  readonly #inSlot: (number | undefined)[] = [undefined, undefined];
  #loading: Loading | undefined;
  #progress = { startedAt: 0, doneBytes: 0, totalBytes: 0 };

  private constructor(
    executable: Executable,
    spec: StreamingSpec,
    loader: StoredLoader,
    options: WeightStreamOptions,
  ) {
    this.#executable = executable;
    this.#spec = spec;
    this.#loader = loader;
    this.#options = options;
    this.#uploader = new Uploader(executable.device);
    this.#members = spec.groups.map(({ tensors }) => {
      const own = new Set(tensors);
      const holds = ({ spec }: PlannedFill): boolean =>
        partsOf(spec, countOf(spec)).some(({ tensor }) => own.has(tensor));
      return { tensors: own, plans: loader.plans.filter(holds) };
    });
  }

  /** `undefined` where all weights stay on the device. */
  static open(
    artifact: Artifact,
    executable: Executable,
    source: WeightSource,
    options: WeightStreamOptions,
  ): WeightStream | undefined {
    const { streaming } = executable.program;
    if (streaming === undefined) return undefined;
    const loader = StoredLoader.open(artifact, executable, source);
    return new WeightStream(executable, streaming, loader, options);
  }

  segmentsIn({ from, to }: DispatchRange): readonly DispatchRange[] {
    return this.#segmentsIn({ from, to });
  }

  async run(immediates: Immediates, range: DispatchRange): Promise<void> {
    const { device } = this.#executable;
    const segments = this.#segmentsIn(range);
    this.#expect(segments.flatMap(({ group }) => group ?? []));
    for (const [n, { from, to, group }] of segments.entries()) {
      if (group !== undefined) await this.#bring(group);
      const next = segments.slice(n + 1).find((segment) => segment.group !== undefined)?.group;
      for (let index = from; index < to; index++) {
        await device.attempt("running the program", () => {
          const encoder = device.gpu.createCommandEncoder();
          this.#executable.encode(encoder, immediates, index, index + 1);
          device.gpu.queue.submit([encoder.finish()]);
        });
        // What uses the other slot is all submitted: it may be filled behind that.
        if (next !== undefined && this.#slotOf(next) !== this.#slotOf(group))
          await this.#advance(next, (index + 1 - from) / (to - from));
      }
    }
  }

  async arrive(index: number): Promise<void> {
    const { group } = this.#segmentsIn({ from: index, to: index + 1 })[0] ?? {};
    if (group === undefined || this.#inSlot[this.#slotOf(group) ?? -1] === group) return;
    this.#expect([group]);
    await this.#bring(group);
  }

  dispose(): void {
    this.#uploader.dispose();
    this.#loader.close();
  }

  #segmentsIn({ from, to }: DispatchRange): StreamingSpec["segments"] {
    return this.#spec.segments
      .filter((segment) => segment.from < to && from < segment.to)
      .map((segment) => ({
        ...segment,
        from: Math.max(from, segment.from),
        to: Math.min(to, segment.to),
      }));
  }

  #slotOf(group: number | undefined): number | undefined {
    return group === undefined ? undefined : this.#spec.groups[group]?.slot;
  }

  /** Loads all of a group. Everything submitted after this finds it in its slot. */
  async #bring(group: number): Promise<void> {
    if (this.#inSlot[this.#slotOf(group) ?? -1] === group) return;
    await this.#advance(group, 1);
    this.#uploader.flush();
    this.#loading = undefined;
    this.#inSlot[this.#slotOf(group) ?? -1] = group;
  }

  /** Loads until this share of a group is on its way. */
  async #advance(group: number, share: number): Promise<void> {
    const slot = this.#slotOf(group) ?? -1;
    if (this.#inSlot[slot] === group) return;
    // What another group left unfinished is of no use.
    if (this.#loading?.group !== group) this.#loading = await this.#begin(group, slot);
    const loading = this.#loading;
    const wanted = share >= 1 ? Number.POSITIVE_INFINITY : share * this.#bytesOf(group);
    while (loading.doneBytes < wanted) {
      const next = await loading.pieces.next();
      if (next.done === true) return;
      loading.doneBytes += next.value.bytes;
      this.#tell(next.value);
    }
  }

  async #begin(group: number, slot: number): Promise<Loading> {
    this.#inSlot[slot] = undefined;
    if (this.#options.poison === true) this.#poison(slot);
    const { tensors, plans } = this.#members[group] ?? { tensors: new Set(), plans: [] };
    const pieces = this.#loader.load(this.#uploader, (tensor) => tensors.has(tensor), plans);
    return { group, pieces, doneBytes: 0 };
  }

  #bytesOf(group: number): number {
    return this.#spec.groups[group]?.bytes ?? 0;
  }

  #expect(groups: readonly number[]): void {
    // A slot that holds its group already needs nothing, if no other group comes to it before.
    const inSlot = [...this.#inSlot];
    let totalBytes = 0;
    for (const group of groups) {
      const slot = this.#slotOf(group) ?? -1;
      if (inSlot[slot] !== group) totalBytes += this.#bytesOf(group);
      inSlot[slot] = group;
    }
    this.#progress = { startedAt: performance.now(), doneBytes: 0, totalBytes };
  }

  #tell({ parameter, bytes }: LoadedPiece): void {
    const { startedAt, totalBytes } = this.#progress;
    this.#progress.doneBytes += bytes;
    const { doneBytes } = this.#progress;
    const megabytesPerSecond = doneBytes / 1e6 / ((performance.now() - startedAt) / 1000);
    this.#options.onStream?.({ parameter, doneBytes, totalBytes, megabytesPerSecond });
  }

  #poison(slot: number): void {
    const { queue } = this.#executable.device.gpu;
    const tensors = this.#spec.groups.flatMap((group) =>
      group.slot === slot ? group.tensors : [],
    );
    const buffers = new Set(tensors.map((tensor) => this.#executable.tensor(tensor).buffer));
    const nans = new Uint32Array(2 ** 18).fill(quietNan);
    for (const buffer of [...buffers].map((number) => this.#executable.buffer(number))) {
      for (let offset = 0; offset < buffer.size; offset += nans.byteLength) {
        const words = Math.min(nans.byteLength, buffer.size - offset) / 4;
        queue.writeBuffer(buffer, offset, nans, 0, words);
      }
    }
  }
}

interface GroupMembers {
  readonly tensors: ReadonlySet<number>;
  /** What lies in them. */
  readonly plans: readonly PlannedFill[];
}

/** NaN in f32, and each half of it in f16 and bf16. */
const quietNan = 0x7fc07fc0;
