import { describe, expect, test } from "vitest";
import {
  checkBesideModel,
  reportedBesideModel as reported,
} from "../support/models/trained-model.ts";

const stages = `
stage sft of Classifier(
  pixels: Pixels from image(crop: "random"),
  label: i32[B] from key(of: "label")
) {
  optimizer AdamW()
  batch 64
  train head at lr 1e-3
  set vision.drop = 0.1
  loss { cross_entropy{Class}(classify(pixels), label) }
  phase low until samples 100 {
    set vision.size = 2
  }
}
model Plain() {
  axis D = 4
  use head = Linear<D, D>()
  mode run(x: f32[B, D]) -> [B, D] { head(real(x)) }
}
stage other of Plain(x: f32[B, D]) {
  optimizer AdamW()
  train head at lr 1e-3
  loss { sum{B, D}(f32(run(x))) }
}
`;

function experiment(trials: string): string {
  return `${stages}experiment e of Classifier {\n${trials}\n}`;
}

describe("experiments", () => {
  test("a whole one is right", () => {
    const trials = `
  start "runs/before"
  replace vision in [Vit<D = 8>(), Vit<D = 12>(depth: 2)]
  replace vision.layers[*].mlp with SwiGlu<vision.D, 2 * vision.D>()
  set vision.drop = 0.2
  set vision.depth in [2, 3, 4]
  case plain {
    set probed = false
    data "small"
  }
  case probe {
    data "large"
  }
  run sft.low for 10 * 30 steps
  seeds 0..3
  measure top = linear_probe(dataset: "imagenet")
  measure mine = linear_probe(dataset: "pictures", split: "test", limit: 10 * 10)
  measure pope = pope(data: "pope", mode: "classify")
  measure charts = vqa(dataset: "chartqa", mode: "classify")
  report table(params, macs, trainable, step_ms, images_per_second, peak_bytes, loss)
  report table(macs_per_step, flops_per_step, dispatches, steps, minutes)
  report table(mine.mean_recall, charts.exact_match)
  report table(top.top1, pope.f1, vision.params, vision.layers[0].mlp.macs, vision.depth, vision, probed)
  report plot(top.top5, over: macs, by: vision.depth)`;
    expect(reported(experiment(trials))).toEqual([]);
  });

  test.each<[string, string, readonly string[]]>([
    ["an unknown stage", "run sftt", ["unknown-name: sftt"]],
    ["an unknown phase", "run sft.high", ["unknown-name: sft.high"]],
    ["a stage of another model", "run other", ["argument-type: other"]],
    ["what is no stage", "run Vit", ["unknown-name: Vit"]],
    ["steps that are no number", "run sft for 0.5 steps", ["argument-type: 0.5"]],
    ["an unknown override", "set vision.dept in [1, 2]", ["unknown-override: vision.dept"]],
    ["an idle override", "set vision.depth = 3", ["idle-override: set vision.depth = 3"]],
    [
      "what the stage sets already",
      "run sft\nset vision.drop = 0.1",
      ["idle-override: set vision.drop = 0.1"],
    ],
    ["one value twice", "set vision.depth in [1, 2, 1]", ["idle-override: 1"]],
    ["a list that is none", "set vision.depth in 3", ["argument-type: 3"]],
    [
      "a grid in a case",
      "case a { set vision.depth in [1, 2] }",
      ["argument-type: set vision.depth in [1, 2]"],
    ],
    ["two cases of one name", 'case a { data "x" }\ncase a { data "y" }', ["declared-twice: a"]],
    [
      "a part that fits not",
      "replace vision in [Vit(depth: 2), Half()]",
      ["interface-mismatch: Half()"],
    ],
    ["a part that is no module", "replace vision with gelu", ["not-a-part: gelu"]],
    ["an unknown part", "replace vision with Vitt()", ["unknown-name: Vitt"]],
    ["a replacement of no slot", "replace vison with Vit(depth: 2)", ["unknown-override: vison"]],
    [
      "a setting that the new part lacks",
      "run sft\nreplace vision with Quiet()",
      ["unknown-override: run sft"],
    ],
    ["no seeds", "seeds 3..3", ["argument-type: seeds 3..3"]],
    ["seeds that are none", "seeds 0..0.5", ["argument-type: 0.5"]],
    [
      "an unknown measure",
      'measure top = zeroshot("x")\nreport table(top.top1)',
      ["unknown-measure: zeroshot"],
    ],
    ["a measure that is no call", "measure top = zero_shot", ["argument-type: zero_shot"]],
    [
      "an argument of a measure",
      'measure top = linear_probe(datset: "x")',
      ["unknown-argument: datset"],
    ],
    ["a missing dataset", "measure top = linear_probe()", ["missing-argument: linear_probe()"]],
    ["a dataset that is no string", "measure top = linear_probe(3)", ["argument-type: 3"]],
    ["a limit of nothing", 'measure top = linear_probe("x", limit: 0)', ["stage-value: 0"]],
    [
      "a data set that the evaluation has not",
      'measure asked = vqa(dataset: "gqaa", mode: "classify")',
      ['unknown-name: "gqaa"'],
    ],
    [
      "a data set whose answers only a server has",
      'measure asked = vqa(dataset: "vizwiz_test", mode: "classify")',
      ['unknown-name: "vizwiz_test"'],
    ],
    [
      "a folder in two arguments",
      'measure top = linear_probe(dataset: "imagnet", data: "there")',
      ['unknown-name: "imagnet"'],
    ],
    [
      "a split of a set that has one",
      'measure top = linear_probe(dataset: "imagenet", split: "val")',
      ['argument-type: "val"'],
    ],
    [
      "modes that the model lacks",
      'measure seen = zero_shot(dataset: "mnist")',
      ['unknown-mode: zero_shot(dataset: "mnist")'],
    ],
    [
      "another mode than the one that may be named",
      'measure seen = zero_shot(dataset: "mnist", mode: "classify")',
      ['unknown-mode: "classify"'],
    ],
    [
      "a mode that is named and not there",
      'measure top = linear_probe(dataset: "x", mode: "clasify")',
      ['unknown-mode: "clasify"'],
    ],
    [
      "what other data sets of the evaluation give",
      'measure asked = vqa(dataset: "chartqa", mode: "classify")\nreport table(asked.accuracy)',
      ["unknown-column: asked.accuracy"],
    ],
    [
      "halving on what a measure lacks",
      'run sft for 10 steps\nmeasure top = linear_probe("x")\nhalve by 2 from 2 steps on top.cider',
      ["unknown-name: top.cider"],
    ],
    [
      "two measures of one name",
      'measure a = linear_probe("x")\nmeasure a = linear_probe("y")',
      ["declared-twice: a"],
    ],
    ["an unknown column", "report table(parms, macs)", ["unknown-column: parms"]],
    [
      "a field that a measure lacks",
      'measure top = linear_probe("x")\nreport table(top.cider)',
      ["unknown-column: top.cider"],
    ],
    ["a path that nothing sets", "report table(vision.depth)", ["unknown-column: vision.depth"]],
    ["numbers of no part", "report table(vison.params)", ["unknown-column: vison.params"]],
    [
      "numbers of a tensor",
      "report table(vision.embed.params)",
      ["unknown-column: vision.embed.params"],
    ],
    ["a column that is no path", "report table(2 * macs)", ["unknown-column: 2 * macs"]],
    ["an unknown report", "report list(macs)", ["unknown-name: list"]],
    ["an empty table", "report table()", ["wrong-arity: table()"]],
    [
      "a plot over nothing",
      "report plot(loss, by: macs)",
      ["missing-argument: plot(loss, by: macs)"],
    ],
    [
      "a plot of two columns",
      "report plot(loss, macs, over: params)",
      ["wrong-arity: plot(loss, macs, over: params)"],
    ],
    [
      "an argument of a plot",
      "report plot(loss, over: params, colour: macs)",
      ["unknown-argument: colour"],
    ],
    ["a start that is no name", "start 3", ["argument-type: 3"]],
  ])("reports %s", (_, trials, expected) => {
    const quiet = `
module Quiet<D = 8>(size: int = 4) {
  axis Tok = size
  fn forward(x: f32[B, Y = size, X = size]) -> [B, Tok, D] {
    expand{D}(mean{X}(real(rename{Y -> Tok}(x))))
  }
  fn sparse{Kept}(x: f32[B, Y = size, X = size]) -> [B, Kept, D] where Kept <= size {
    slice{Tok -> Kept}(forward(x), from: 0)
  }
}
`;
    expect(reported((trials.includes("Quiet") ? quiet : "") + experiment(trials))).toEqual(
      expected,
    );
  });

  test("hints name what is near", () => {
    const hints = (trials: string) => checkBesideModel(experiment(trials)).map((one) => one.hint);
    expect(hints("report table(parms)")).toEqual(["did you mean `params`?"]);
    expect(hints('measure m = captoning("coco")')).toEqual(["did you mean `captioning`?"]);
    expect(hints('measure m = vqa("gqaa", mode: "classify")')).toEqual(["did you mean `gqa`?"]);
    expect(hints('measure m = mme(data: "mme")')).toEqual([
      "`mme` runs it; `mode` names another, of `classify`",
    ]);
    expect(hints("replace vision.layer[*].mlp with Vit()")).toEqual([
      "did you mean `vision.layers[*].mlp`?",
    ]);
    expect(hints("report table(vison.macs)")).toEqual(["did you mean `vision.macs`?"]);
  });
});
