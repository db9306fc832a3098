import { createInterface } from "node:readline";
import type { Host } from "./host.ts";

/** Lines that a person types, or that a file holds. */
interface Terminal {
  /** The next line; undefined at the end of the input or after Ctrl-C. */
  readonly ask: () => Promise<string | undefined>;
  /** Whether Ctrl-C was typed since the last question: it breaks off what is going on. */
  readonly wasInterrupted: () => boolean;
  readonly close: () => void;
}

export function openTerminal(host: Host): Terminal {
  const isTyped = process.stdin.isTTY === true;
  const reader = createInterface({
    input: process.stdin,
    // Results alone go to stdout; a person's line is edited on stderr.
    ...(isTyped ? { output: process.stderr, prompt: "> " } : {}),
  });
  const lines: string[] = [];
  let waiting: ((line: string | undefined) => void) | undefined;
  let isClosed = false;
  let isInterrupted = false;
  const give = (line: string | undefined): void => {
    const receiver = waiting;
    waiting = undefined;
    receiver?.(line);
  };
  reader.on("line", (line) => {
    if (waiting === undefined) lines.push(line);
    else give(line);
  });
  reader.on("close", () => {
    isClosed = true;
    give(undefined);
  });
  reader.on("SIGINT", () => {
    if (waiting === undefined) isInterrupted = true;
    else {
      host.say("\n");
      reader.close();
    }
  });
  return {
    ask() {
      isInterrupted = false;
      const line = lines.shift();
      if (line !== undefined) return Promise.resolve(line);
      if (isClosed) return Promise.resolve(undefined);
      if (isTyped) reader.prompt();
      return new Promise((resolve) => {
        waiting = resolve;
      });
    },
    wasInterrupted: () => isInterrupted,
    close: () => reader.close(),
  };
}
