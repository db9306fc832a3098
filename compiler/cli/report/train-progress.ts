import cliProgress from "cli-progress";
import type { HeldOutMetrics, TrainEvent } from "../../../runtime/train/train-events.ts";
import { formatTime } from "../../api/text/format-quantity.ts";
import type { Host } from "../host.ts";
import { linesEveryMs } from "./progress.ts";
import { Sparkline } from "./sparkline.ts";

type StepEvent = Extract<TrainEvent, { readonly kind: "step" }>;

/** How far a run is, for people. */
interface TrainProgress {
  readonly update: (event: StepEvent) => void;
  /** Says a line beside it. */
  readonly note: (text: string) => void;
  readonly finish: () => void;
}

/** A bar with loss, rate and time left on a terminal; on anything else a line now and then, and one at the end. */
export function trainProgress(host: Host, from: number, steps: number): TrainProgress {
  const clock = startClock(host, from, steps);
  return host.isWatched ? bar(host, from, steps, clock) : lines(host, steps, clock);
}

type Clock = (step: number) => string;

/** The time that the steps still take, as long as those so far. */
function startClock(host: Host, from: number, steps: number): Clock {
  const started = host.now();
  return (step) =>
    formatTime(((host.now() - started) / Math.max(1, step - from)) * Math.max(0, steps - step));
}

function bar(host: Host, from: number, steps: number, left: Clock): TrainProgress {
  const line = new cliProgress.SingleBar({
    stream: process.stderr,
    clearOnComplete: true,
    hideCursor: true,
    // Ctrl-C is the run's own to hear.
    gracefulExit: false,
    format:
      "step {value} of {total} {bar} loss {loss} {course} | {rate} samples/s | waits {idle} % | {left} left",
    barsize: 16,
  });
  const course = new Sparkline(16);
  let at = {
    step: from,
    shown: { loss: "...", course: "", rate: "...", idle: "...", left: "..." },
  };
  line.start(steps, from, at.shown);
  return {
    update({ step, loss, samplesPerSecond, idle }) {
      course.add(loss);
      const shown = {
        loss: shownLoss(loss),
        course: course.text(),
        rate: String(samplesPerSecond),
        idle: percent(idle),
        left: left(step),
      };
      at = { step, shown };
      line.update(step, shown);
    },
    note(text) {
      line.stop();
      host.say(`${text}\n`);
      line.start(steps, at.step, at.shown);
    },
    finish: () => line.stop(),
  };
}

function lines(host: Host, steps: number, left: Clock): TrainProgress {
  let last = host.now();
  let unsaid: StepEvent | undefined;
  const say = ({ step, loss, samplesPerSecond: rate, idle }: StepEvent): void => {
    const rest = step < steps ? `, ${left(step)} left` : "";
    const waits = idle < worthTelling ? "" : `, waits ${percent(idle)} % for data`;
    const speed = `${rate} samples/s${waits}${rest}`;
    host.say(`step ${step} of ${steps}: loss ${shownLoss(loss)}, ${speed}\n`);
    last = host.now();
    unsaid = undefined;
  };
  return {
    update(event) {
      unsaid = event;
      if (host.now() - last >= linesEveryMs) say(event);
    },
    note(text) {
      if (unsaid !== undefined) say(unsaid);
      host.say(`${text}\n`);
    },
    finish() {
      if (unsaid !== undefined) say(unsaid);
    },
  };
}

/** A device that waits longer than this has too slow a source of records. */
const worthTelling = 0.05;

function percent(share: number): string {
  return (100 * share).toFixed(0);
}

/** The loss of held-out records, and what is watched. */
export function heldOutText({ loss, watches }: HeldOutMetrics): string {
  const others = Object.entries(watches).map(([name, value]) => `, ${name} ${shownLoss(value)}`);
  return `loss ${shownLoss(loss)}${others.join("")}`;
}

export function shownLoss(loss: number): string {
  return loss.toPrecision(6);
}
