// What is wrong with files of data: collected, so that one run tells of more than the first mistake.
import { RuntimeFault, SeveralFaults } from "../../faults.ts";

const most = 20;

/** Faults found while files are read; nothing is used before `assertNone`. */
export class Findings {
  readonly #faults: RuntimeFault[] = [];

  /** Reads every element; where one is wrong, its fault is kept and the others are read all the same. */
  each<T, U>(elements: Iterable<T>, read: (element: T, index: number) => U): readonly U[] {
    const results: U[] = [];
    let index = 0;
    for (const element of elements)
      this.attempt(() => {
        results.push(read(element, index++));
      });
    return results;
  }

  /** Does something whose fault is kept. */
  attempt(action: () => void): void {
    try {
      action();
    } catch (error) {
      if (!(error instanceof RuntimeFault)) throw error;
      this.add(error);
    }
  }

  add(found: RuntimeFault): void {
    this.#faults.push(found);
    if (this.#faults.length >= most) this.assertNone();
  }

  /** @throws {RuntimeFault} where one was found, {SeveralFaults} where there are more, 20 at most. */
  assertNone(): void {
    const [first, ...others] = this.#faults;
    if (first === undefined) return;
    throw others.length === 0 ? first : new SeveralFaults([first, ...others]);
  }
}
