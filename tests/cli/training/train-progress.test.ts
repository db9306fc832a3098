import { afterEach, expect, test, vi } from "vitest";
import { plainStyle } from "../../../compiler/api/text/style.ts";
import { hostOf } from "../../../compiler/cli/host.ts";
import { trainProgress } from "../../../compiler/cli/report/train-progress.ts";

const step = (number: number, loss: number, idle = 0) => ({
  kind: "step" as const,
  step: number,
  samples: 4 * number,
  loss,
  scalars: {},
  samplesPerSecond: 80,
  idle,
  memory: 1e8,
  time: 1e9,
});

/** A host whose clock is set by hand, and what it was told to say. */
function watching(isTerminal: boolean) {
  const clock = { now: 0 };
  const said: string[] = [];
  const stream = { write: (text: string) => said.push(text), isTerminal, style: plainStyle };
  return { clock, said, host: hostOf(stream, stream, () => clock.now) };
}

afterEach(() => vi.restoreAllMocks());

test("a log hears of a run every five seconds, before each note, and at the end", () => {
  const { clock, said, host } = watching(false);
  const progress = trainProgress(host, 10, 20);
  const at = (seconds: number, number: number, loss: number): void => {
    clock.now = 1000 * seconds;
    progress.update(step(number, loss));
  };
  at(1, 11, 0.5);
  expect(said).toEqual([]);
  at(6, 13, 0.25);
  expect(said).toEqual(["step 13 of 20: loss 0.250000, 80 samples/s, 14.00 s left\n"]);
  at(7, 14, 0.125);
  progress.note("warning: step 14 is skipped");
  expect(said.slice(1)).toEqual([
    "step 14 of 20: loss 0.125000, 80 samples/s, 10.50 s left\n",
    "warning: step 14 is skipped\n",
  ]);
  clock.now = 7500;
  progress.update(step(15, 0.1, 0.3));
  progress.note("");
  expect(said[3]).toBe(
    "step 15 of 20: loss 0.100000, 80 samples/s, waits 30 % for data, 7.50 s left\n",
  );
  at(8, 20, 0.0625);
  progress.finish();
  expect(said.slice(5)).toEqual(["step 20 of 20: loss 0.0625000, 80 samples/s\n"]);
  progress.finish();
  expect(said).toHaveLength(6);
  expect(said.join("")).not.toMatch(/[^\n -~]/);
});

test("a terminal has a bar, which makes room for notes, goes at the end and leaves the cursor", () => {
  const { clock, said, host } = watching(true);
  let shown = "";
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    shown += text;
    return true;
  });
  const before = Object.getOwnPropertyDescriptor(process.stderr, "isTTY");
  Object.defineProperty(process.stderr, "isTTY", { value: true, configurable: true });
  try {
    const progress = trainProgress(host, 0, 20);
    expect(shown).toContain("\x1b[?25l");
    expect(shown).toMatch(
      /step 0 of 20 .* loss \.\.\. {2}\| \.\.\. samples\/s \| waits \.\.\. % \| \.\.\. left/,
    );
    clock.now = 2000;
    for (const [n, loss] of [8, 4, 2, 1, 0.25].entries()) progress.update(step(n + 1, loss, 0.02));
    shown = "";
    progress.note("warning: step 5 is skipped");
    // What was known goes with the line; behind the note it stands again.
    expect(shown).toMatch(
      /step 5 of 20 .* loss 0\.250000 █▄▃▂▁ \| 80 samples\/s \| waits 2 % \| 6/,
    );
    expect(said).toEqual(["warning: step 5 is skipped\n"]);
    progress.finish();
    expect(shown.lastIndexOf("\x1b[?25h")).toBeGreaterThan(shown.lastIndexOf("\x1b[?25l"));
    expect(said).toHaveLength(1);
  } finally {
    if (before === undefined) Reflect.deleteProperty(process.stderr, "isTTY");
    else Object.defineProperty(process.stderr, "isTTY", before);
  }
});
