import cliProgress from "cli-progress";
import { formatTime } from "../../api/text/format-quantity.ts";
import type { Host } from "../host.ts";

/** Progress of one piece of work that may take over a second. */
interface Progress {
  readonly update: (done: number) => void;
  readonly finish: () => void;
}

/** How often a log (not a terminal) hears of it. */
export const linesEveryMs = 5000;

/** A bar with rate and time left on a terminal; on anything else a plain line now and then. */
export function startProgress(
  host: Host,
  title: string,
  total: number,
  unit: (amount: number) => string = String,
): Progress {
  return host.isWatched ? bar(title, total, unit) : lines(host, title, total, unit);
}

function bar(title: string, total: number, unit: (amount: number) => string): Progress {
  const started = performance.now();
  const line = new cliProgress.SingleBar({
    stream: process.stderr,
    clearOnComplete: true,
    hideCursor: true,
    etaBuffer: 50,
    format: `${title} {bar} {percentage}% {amount} | {rate}/s | {eta_formatted} left`,
    barsize: 24,
  });
  const shown = (done: number) => ({
    amount: `${unit(done)} of ${unit(total)}`,
    rate: unit(rounded(done / Math.max(1e-3, (performance.now() - started) / 1000))),
  });
  line.start(total, 0, shown(0));
  return { update: (done) => line.update(done, shown(done)), finish: () => line.stop() };
}

function lines(
  host: Host,
  title: string,
  total: number,
  unit: (amount: number) => string,
): Progress {
  const started = host.now();
  let last = started;
  let hasSpoken = false;
  return {
    update(done) {
      const now = host.now();
      if (now - last < linesEveryMs) return;
      last = now;
      hasSpoken = true;
      const seconds = (now - started) / 1000;
      const speed =
        done > 0
          ? `, ${unit(rounded(done / seconds))}/s, ${formatTime((seconds / done) * (total - done) * 1000)} left`
          : "";
      host.say(`${title}: ${unit(done)} of ${unit(total)}${speed}\n`);
    },
    finish() {
      if (hasSpoken) host.say(`${title}: done in ${formatTime(host.now() - started)}\n`);
      hasSpoken = false;
    },
  };
}

/** Whole numbers, but not for a few slow pieces. */
function rounded(perSecond: number): number {
  return perSecond < 10 ? Math.round(perSecond * 10) / 10 : Math.round(perSecond);
}
