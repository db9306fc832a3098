import type { Host } from "./host.ts";

/** What a person asks for by Ctrl-C while something goes on that can end well. */
interface Interrupts {
  readonly signal: { readonly aborted: boolean };
  /** Ctrl-C ends the process again. */
  readonly release: () => void;
}

/** As shells say of a process that Ctrl-C has ended. */
const interrupted = 130;

/** The first Ctrl-C is a request, of which `notice` tells; the second ends the process. */
export function watchInterrupts(host: Host, notice: string): Interrupts {
  const stop = new AbortController();
  const onInterrupt = (): void => {
    if (stop.signal.aborted) process.exit(interrupted);
    stop.abort();
    host.say(`${notice}\n`);
  };
  process.on("SIGINT", onInterrupt);
  return { signal: stop.signal, release: () => process.off("SIGINT", onInterrupt) };
}
