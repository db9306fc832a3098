import cliProgress from "cli-progress";
import type { TaskView } from "../../../api/studies/watch-study.ts";
import { formatTime } from "../../../api/text/format-quantity.ts";
import type { Host } from "../../host.ts";
import { Sparkline } from "../sparkline.ts";
import { shownLoss } from "../train-progress.ts";

/** How far a study is, for people. */
export interface StudyBoard {
  readonly update: (views: readonly TaskView[]) => void;
  /** Says a line beside it. */
  readonly note: (text: string) => void;
  readonly finish: () => void;
}

/** On a terminal a line for each cell that is redrawn; on anything else a line for each run that begins or ends. */
export function studyBoard(host: Host, views: readonly TaskView[]): StudyBoard {
  return host.isWatched ? board(host, views) : lines(host, views);
}

const marks: Readonly<Record<TaskView["state"], string>> = {
  waiting: "·",
  running: "▸",
  done: "✓",
  failed: "✗",
  stopped: "■",
};

/** As many cells have lines of their own as a terminal shows; of the others the sum tells. */
const mostLines = Math.max(4, (process.stderr.rows ?? 24) - 6);

function board(host: Host, first: readonly TaskView[]): StudyBoard {
  const all = new cliProgress.MultiBar({
    stream: process.stderr,
    clearOnComplete: true,
    hideCursor: true,
    gracefulExit: false,
    format: "{name} {seeds} {course} {loss}",
    barsize: 20,
  });
  const cells = [...new Set(first.map(({ cell }) => cell))];
  const width = Math.min(40, Math.max(...cells.map((name) => name.length)));
  const bars = cells.slice(0, mostLines).map((cell) => ({ cell, bar: all.create(1, 0) }));
  const sum = all.create(
    first.length,
    0,
    { left: "..." },
    {
      format: "{bar} {value} of {total} runs | {left} left",
    },
  );
  const clock = startClock(host, first);
  return {
    update(views) {
      for (const { cell, bar } of bars) {
        const own = views.filter((view) => view.cell === cell);
        const shown = own.findLast(({ losses }) => losses.length > 0);
        const course = new Sparkline(24);
        for (const loss of shown?.losses ?? []) course.add(loss);
        bar.update(0, {
          name: cell.slice(0, width).padEnd(width),
          seeds: own.map(({ state }) => marks[state]).join(""),
          course: course.text().padEnd(24),
          loss: shown?.loss === undefined ? "" : shownLoss(shown.loss),
        });
      }
      sum.update(views.filter(isOver).length, { left: clock(views) });
    },
    note: (text) => all.log(`${text}\n`),
    finish: () => all.stop(),
  };
}

function isOver({ state }: TaskView): boolean {
  return state === "done" || state === "stopped" || state === "failed";
}

/** The time that is left, as long as what is done since the beginning has taken beside what it was measured to take. */
function startClock(
  host: Host,
  first: readonly TaskView[],
): (views: readonly TaskView[]) => string {
  const started = host.now();
  const workOf = (views: readonly TaskView[]): number =>
    views.reduce((sum, { share, weight }) => sum + share * weight, 0);
  const whole = first.reduce((sum, { weight }) => sum + weight, 0);
  const before = workOf(first);
  return (views) => {
    const done = workOf(views);
    if (done <= before) return "...";
    return formatTime(((host.now() - started) / (done - before)) * (whole - done));
  };
}

function lines(host: Host, first: readonly TaskView[]): StudyBoard {
  const keyOf = ({ cell, seed }: TaskView): string => `${cell}/${seed}`;
  const known = new Map(first.map((view) => [keyOf(view), view.state]));
  const clock = startClock(host, first);
  return {
    update(views) {
      const isTold = (view: TaskView): boolean => known.get(keyOf(view)) === view.state;
      // Several may have ended since the last look: each line counts those before it.
      let over = views.filter((view) => isOver(view) && isTold(view)).length;
      for (const view of views) {
        if (isTold(view)) continue;
        known.set(keyOf(view), view.state);
        if (isOver(view)) over++;
        host.say(lineOf(view, over, views.length, clock(views)));
      }
    },
    note: (text) => host.say(`${text}\n`),
    finish: () => undefined,
  };
}

function lineOf(
  { cell, seed, state, loss, reason }: TaskView,
  over: number,
  all: number,
  left: string,
): string {
  const found = loss === undefined ? "" : `, loss ${shownLoss(loss)}`;
  const why = reason === undefined ? "" : `: ${reason}`;
  const rest = left === "..." || over === all ? "" : `, ${left} left`;
  const progress =
    state === "running" || state === "waiting" ? "" : `; ${over} of ${all} runs${rest}`;
  const words = {
    waiting: "waits",
    running: "runs",
    done: "done",
    failed: "failed",
    stopped: "stopped",
  };
  return `${cell}, seed ${seed}: ${words[state]}${state === "done" ? found : ""}${why}${progress}\n`;
}
