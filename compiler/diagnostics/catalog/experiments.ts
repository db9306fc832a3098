import { defineDiagnostic } from "../diagnostic.ts";
import { explanation } from "../explanation.ts";
import { listOf, nearestHint, quote } from "../phrase.ts";

/** What is compared, and with what. */
export const experimentDiagnostics = {
  "unknown-experiment": defineDiagnostic<{
    readonly name: string;
    readonly nearest: readonly string[];
    readonly available: readonly string[];
  }>({
    severity: "error",
    title: "an experiment that the file does not have",
    message: ({ name }) => `there is no experiment ${quote(name)}`,
    hint: ({ nearest, available }) =>
      nearestHint(nearest) ??
      (available.length > 0
        ? `there is ${listOf(available)}`
        : "the file that is named has no `experiment`"),
    explain: explanation(
      ["An experiment is declared with `experiment name of Model` in the file that is named."],
      "weft ablate models/internvl/experiments.weft --experiment query --dry-run",
      "weft ablate models/internvl/experiments.weft --experiment queries --dry-run",
      "sh",
    ),
  }),

  "unknown-cell": defineDiagnostic<{ readonly experiment: string }>({
    severity: "error",
    title: "a cell that an experiment does not have any more",
    message: ({ experiment }) => `${quote(experiment)} has no cell of that identity`,
    hint: () => "the text has changed since the cell was resolved: plan the study anew",
    explain: explanation(
      [
        "A cell is known by the hash of what it resolves to: program, stage, data and first weights. A text that was changed",
        "makes other cells, while another name for the same cell changes nothing.",
      ],
      "weft ablate study.weft --experiment depths --only depth=5",
      "weft ablate study.weft --experiment depths --only depth=3",
      "sh",
    ),
  }),

  "where-keeps-none": defineDiagnostic<object>({
    severity: "error",
    title: "a `where` that leaves all cells out",
    message: () => "no cell is left: `where` holds for none of them",
    hint: () => "turn the condition round, or take it out",
    explain: explanation(
      [
        "`where` is asked of each cell, in its own model, and leaves out those for which it does not hold.",
      ],
      `
experiment depths of Vit {
  set depth in [1, 3]
  where depth > 8
}`,
      `
experiment depths of Vit {
  set depth in [1, 3]
  where depth > 2
}`,
    ),
  }),

  "idle-where": defineDiagnostic<object>({
    severity: "warning",
    title: "a `where` that leaves no cell out",
    message: () => "`where` holds for every cell",
    hint: () => "take it out, or ask what was meant",
    explain: explanation(
      ["A condition that no cell fails says nothing, and mostly it was meant otherwise."],
      `
experiment depths of Vit {
  set depth in [1, 3]
  where depth > 0
}`,
      `
experiment depths of Vit {
  set depth in [1, 3]
  where depth > 2
}`,
    ),
  }),

  "pair-lengths": defineDiagnostic<{ readonly first: number; readonly other: number }>({
    severity: "error",
    title: "a pair whose lists differ in length",
    message: ({ first, other }) =>
      `a pair takes values side by side, and there are ${other} here beside ${first}`,
    hint: ({ first }) => `write ${first} values in each line`,
    explain: explanation(
      [
        "The lines of a `pair` are one dimension: the first values together, then the second ones. Lines that vary by",
        "themselves are dimensions of their own, outside of it.",
      ],
      `
experiment shapes of Vit {
  pair {
    set depth in [1, 3]
    set qk_norm in [false]
  }
}`,
      `
experiment shapes of Vit {
  pair {
    set depth in [1, 3]
    set qk_norm in [false, true]
  }
}`,
    ),
  }),

  "unsampled-range": defineDiagnostic<{ readonly what: "range" | "sample" }>({
    severity: "error",
    title: "a range that nothing draws from, or a `sample` without a range",
    message: ({ what }) =>
      what === "range"
        ? "a range has no list of values: nothing says how many are drawn from it"
        : "there is no range to draw from",
    hint: ({ what }) =>
      what === "range"
        ? "add `sample 20 by latin_hypercube(seed: 0)`"
        : "write a range, such as `set depth in 2 to 12`",
    explain: explanation(
      [
        "`set p in a to b` gives a range, and `sample n by random(seed: s)` or `latin_hypercube(seed: s)` draws n points of",
        "all ranges together. They are drawn when the text is read, so the plan lists them like any others.",
      ],
      `
experiment depths of Vit {
  set depth in 1 to 12
}`,
      `
experiment depths of Vit {
  set depth in 1 to 12
  sample 4 by random(seed: 0)
}`,
    ),
  }),

  "unknown-baseline": defineDiagnostic<{
    readonly reason: string;
    readonly nearest: readonly string[];
  }>({
    severity: "error",
    title: "a baseline that is no cell",
    message: ({ reason }) => `the baseline is no cell: ${reason}`,
    hint: ({ nearest }) => nearestHint(nearest) ?? "name values, or a case, that cells have",
    explain: explanation(
      [
        "`baseline { ... }` holds some dimensions fixed, each at a value that cells have, and lets the others vary: every cell",
        "is compared with the one that has these values and agrees with it in all else. `baseline name` is that of a case.",
      ],
      `
experiment depths of Vit {
  set depth in [1, 3]
  baseline {
    set depth = 2
  }
}`,
      `
experiment depths of Vit {
  set depth in [1, 3]
  baseline {
    set depth = 1
  }
}`,
    ),
  }),

  "few-flops": defineDiagnostic<{ readonly flops: number; readonly step: number }>({
    severity: "error",
    title: "a budget of compute below one step",
    message: ({ flops, step }) => `${flops} flops are less than one step, which takes ${step}`,
    hint: ({ step }) => `write at least ${(100 * step).toPrecision(2)} flops, which are 100 steps`,
    explain: explanation(
      [
        "`run S for n flops` gives each cell as many steps as fit: two for each multiply-accumulate of its forward and backward",
        "pass. A cell without a step has learnt nothing.",
      ],
      "weft ablate study.weft --experiment depths --dry-run   # run learn for 10 flops",
      "weft ablate study.weft --experiment depths --dry-run   # run learn for 1e12 flops",
      "sh",
    ),
  }),
} as const;
