import type { Host } from "./host.ts";

/** What a person asks for by Ctrl-C while something goes on that can end well. */
interface Interrupts {
  readonly signal: { readonly aborted: boolean };
  /** Ctrl-C means again what it did before. */
  readonly release: () => void;
}

/** As shells say of a process that Ctrl-C has ended. */
const interrupted = 130;

/** Ctrl-C of a command that has nothing to bring to an end. */
export function endInterrupted(): void {
  process.stderr.write("\x1b[?25h\nweft: interrupted\n"); // A progress bar hides the cursor.
  process.exit(interrupted);
}

/** The first Ctrl-C is a request, of which `notice` tells; the second ends the process. */
export function watchInterrupts(host: Host, notice: string): Interrupts {
  const stop = new AbortController();
  const onInterrupt = (): void => {
    if (stop.signal.aborted) endInterrupted();
    stop.abort();
    host.say(`${notice}\n`);
  };
  const before = process.listeners("SIGINT").filter((one) => one === endInterrupted);
  process.off("SIGINT", endInterrupted).on("SIGINT", onInterrupt);
  return {
    signal: stop.signal,
    release() {
      process.off("SIGINT", onInterrupt);
      for (const one of before) process.on("SIGINT", one);
    },
  };
}
