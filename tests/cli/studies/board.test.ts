import { expect, test } from "vitest";
import type { TaskView } from "../../../compiler/api/studies/watch-study.ts";
import { plainStyle } from "../../../compiler/api/text/style.ts";
import { hostOf } from "../../../compiler/cli/host.ts";
import { studyBoard } from "../../../compiler/cli/report/studies/study-board.ts";

test("runs that end between two looks are counted one after the other", () => {
  const told: string[] = [];
  const stream = { write: () => undefined, isTerminal: false, style: plainStyle };
  const talk = { ...stream, write: (text: string) => void told.push(text) };
  const host = hostOf(stream, talk, () => 0);
  const views = (states: readonly TaskView["state"][]): readonly TaskView[] =>
    states.map((state, seed) => ({
      cell: "D=8",
      seed,
      state,
      losses: [],
      loss: undefined,
      reason: undefined,
      share: 0,
      weight: 1,
    }));
  const board = studyBoard(host, views(["waiting", "waiting", "waiting", "done"]));
  board.update(views(["running", "waiting", "waiting", "done"]));
  board.update(views(["failed", "done", "running", "done"]));
  board.update(views(["failed", "done", "done", "done"]));
  expect(told.join("").split("\n")).toEqual([
    "D=8, seed 0: runs",
    "D=8, seed 0: failed; 2 of 4 runs",
    "D=8, seed 1: done; 3 of 4 runs",
    "D=8, seed 2: runs",
    "D=8, seed 2: done; 4 of 4 runs",
    "",
  ]);
});
