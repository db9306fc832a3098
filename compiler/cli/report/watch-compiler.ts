import { clearLine, cursorTo } from "node:readline";
import { formatTime } from "../../api/text/format-quantity.ts";
import type { Host } from "../host.ts";
import { linesEveryMs } from "./progress.ts";

/** Told of each form that a program has on its way. */
interface CompilerWatch {
  readonly watch: (form: string) => void;
  /** Takes away what stands on a terminal. */
  readonly finish: () => void;
}

/** A compiler that is ready within this time says nothing. */
const silentMs = 1000;

/**
 * Says what the compiler is at: on a terminal one line that changes, on anything else a line now and then. The
 * compiler leaves no time to timers, so that whoever waits hears of it when a form is done.
 */
export function watchCompiler(host: Host, what: string): CompilerWatch {
  const started = host.now();
  let nextMs = started + silentMs;
  let isShown = false;
  return {
    watch(form) {
      const time = host.now();
      if (time < nextMs) return;
      const text = `compiling ${what}: ${form} after ${formatTime(time - started)}`;
      if (host.isWatched) {
        cursorTo(process.stderr, 0);
        clearLine(process.stderr, 0);
        process.stderr.write(text.slice(0, (host.style.width ?? text.length + 1) - 1));
        isShown = true;
      } else {
        host.say(`${text}\n`);
        nextMs = time + linesEveryMs;
      }
    },
    finish() {
      if (!isShown) return;
      cursorTo(process.stderr, 0);
      clearLine(process.stderr, 0);
    },
  };
}
