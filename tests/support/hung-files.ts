import { spawnSync } from "node:child_process";
import type { Reporter, TestModule, Vitest } from "vitest/node";

/**
 * Ends a run in which no test has ended for a long time, and says in which files: a loop without end holds its process, so
 * that no limit of a test is ever looked at there.
 */
// biome-ignore lint/style/noDefaultExport: the test runner takes a reporter by it.
export default class HungFiles implements Reporter {
  readonly #running = new Map<string, string>();
  #vitest: Vitest | undefined;
  #timer: NodeJS.Timeout | undefined;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  onTestModuleStart({ id, relativeModuleId }: TestModule): void {
    this.#running.set(id, relativeModuleId);
    this.#wait();
  }

  onTestModuleEnd({ id }: TestModule): void {
    this.#running.delete(id);
    this.#wait();
  }

  onTestCaseResult(): void {
    this.#wait();
  }

  onTestRunEnd(): void {
    clearTimeout(this.#timer);
  }

  #wait(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#end(), longestMs);
  }

  #end(): void {
    const files = [...this.#running.values()].join(", ");
    console.error(`no test has ended for ${longestMs / 60_000} minutes; at work: ${files}`);
    process.exitCode = 1;
    // A process in a loop does not hear that the run is over; where there is no `pkill` it stays.
    spawnSync("pkill", ["-KILL", "-P", String(process.pid)]);
    void this.#vitest?.exit(true);
  }
}

/** Far more than a test may take; `WEFT_HUNG_MINUTES` for what is asked to take longer. */
const longestMs = 60_000 * Number(process.env.WEFT_HUNG_MINUTES ?? 10);
