import { expect, test } from "vitest";
import { knownMeasures } from "../../compiler/api/evaluation/known-measures.ts";
import { directionOf } from "../../compiler/api/studies/statistics/direction.ts";
import { overlapOf } from "../../runtime/evaluate/metrics/region-overlap.ts";
import { classScores } from "../../runtime/evaluate/scores/class-scores.ts";
import { joinedScores } from "../../runtime/evaluate/scores/joined-scores.ts";
import { recallScores } from "../../runtime/evaluate/scores/recall-scores.ts";
import { regionScores } from "../../runtime/evaluate/scores/region-scores.ts";
import type { TextItem } from "../../runtime/evaluate/scores/text-item.ts";
import type { Scored } from "../../runtime/evaluate/tally.ts";
import { type Task, tasks } from "../../runtime/evaluate/tasks/task-registry.ts";
import { clipNumbers } from "../../runtime/evaluate/tasks/vision-tasks.ts";

/** Items of all groups that published data have, so that every number of a task occurs. */
function textItems(task: Task): readonly TextItem[] {
  const groups: Readonly<Record<string, readonly string[]>> = {
    pope: ["random", "popular", "adversarial"],
    mme: Object.values(task.numbers).filter((name) => !/^(perception|cognition)$/.test(name)),
    tiny_lvlm: Object.values(task.numbers).filter((name) => name !== "sum"),
  };
  return (groups[task.name] ?? ["all"]).flatMap((group) =>
    [0, 1].map((n) => ({
      ...{ id: `${group} ${n}`, unit: group, image: "a.png", question: "Is it?" },
      ...{ references: ["yes"], group },
    })),
  );
}

function scoredOf(task: Task): Scored | undefined {
  const pictures = [{ id: "a", unit: "a", labels: [0] }];
  const recall = (): Scored =>
    recallScores({ images: ["a"], imageOfText: [0], scores: [1] }, false, {
      gallery: task.kind === "videos" ? "video" : "image",
    });
  switch (task.kind) {
    case "text": {
      const items = textItems(task);
      const outputs = items.map(() => "yes");
      return task.metric({ tokenizer: "none" })(items, outputs);
    }
    case "classes":
      return classScores(pictures, [[0, 1, 2, 3, 4]], 6);
    case "probe":
      return classScores(pictures, [[0, 1, 2, 3, 4]], 6, task.shown);
    case "clips":
      return classScores(pictures, [[0, 1, 2, 3, 4]], 6, clipNumbers);
    case "retrieval":
      return recall();
    case "videos":
      return joinedScores(recall(), recall(), "dual softmax");
    case "regions": {
      const overlap = overlapOf([0], [0], { classes: 1, ignored: 255, reduceZero: false });
      return regionScores(["a"], [overlap], 1);
    }
    case "throughput":
      return undefined;
  }
}

test.each(tasks.map((task) => [task.name, task] as const))(
  "what %s promises, its scorer gives",
  (_, task) => {
    const scored = scoredOf(task);
    if (scored === undefined) return expect(task.numbers).toEqual({});
    const found = scored.tally.numbers();
    for (const [word, name] of Object.entries(task.numbers)) {
      expect(word).toMatch(/^[a-z][a-z0-9_]*$/);
      expect(found[name], `${word}: ${name}`).toEqual(expect.any(Number));
    }
    // Sets whose answers only a server has, give none.
    expect(Object.keys(task.numbers).length > 0).toBe(scored.columns.length > 0);
  },
);

test("measures are the loss and the tasks, each with its sets and better the higher it is", () => {
  const named = [...knownMeasures].flatMap(([family, { sets, open }]) =>
    [...sets.keys(), ...(open === undefined || family === "loss" ? [] : ["open"])].map((set) =>
      set === "" ? family : `${family}:${set}`,
    ),
  );
  const wanted = tasks.flatMap(({ name, numbers, isOpen }) => {
    if (Object.keys(numbers).length === 0) return [];
    return isOpen === true ? `${name.split(":")[0]}:open` : name;
  });
  expect(named.toSorted()).toEqual(["loss", ...wanted].toSorted());
  for (const { numbers } of tasks)
    for (const word of Object.keys(numbers)) expect(directionOf(`m.${word}`)).toBe("higher");
  expect(directionOf("m.loss")).toBe("lower");
});
