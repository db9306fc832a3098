import { describe, expect, test } from "vitest";
import {
  checkBesideModel,
  reportedBesideModel as reported,
  typesBesideModel,
} from "../support/models/trained-model.ts";

const record = `
  pixels: Pixels from image(crop: "random"),
  label: i32[B] from key(of: "label")
`;

const loss = "loss { cross_entropy{Class}(classify(pixels), label) }";
const entries = {
  optimizer: "optimizer AdamW()",
  batch: "batch 64 by 8",
  loss,
  train: "train head at lr 1e-3",
};

/** A stage that is right, with lines added and, by name, taken out or replaced. */
function stage(
  more = "",
  change: Partial<Record<keyof typeof entries, string>> = {},
  inputs = record,
): string {
  return `stage s of Classifier(${inputs}) {\n${more}\n${Object.values({ ...entries, ...change }).join("\n")}\n}`;
}

describe("stages", () => {
  test("a whole one is right", () => {
    const phases = `
  start "runs/before"
  set vision.drop = 0.1
  train vision.layers[*].mlp, vision.position at lr 1e-4 * 0.5 ^ 2, layer_decay 0.9
  train vision.layers[0..2], scale at lr 0.1 * batch / 512.0
  freeze vision.layers[2].*, bn
  schedule cosine(warmup: steps * 3 div 100)
  decay 0.05 except vectors, scalars, head
  decay 0.1 for bn
  decay 0.2 for vision except vectors
  ema 0.998
  data "web" weight 2.0, "books"
  clip 1.0
  precision compute bf16, master f32, accumulate f32
  precision compute f32 for bn, head
  memory within 1.5 GiB
  phase low until samples 1e6 {
    set vision.size = 2
    axis Kept = vision.Tok / 2
    loss {
      let kept = mean{Kept}(vision.sparse{Kept}(pixels))
      let wrong = cross_entropy{Class}(head(kept), label)
      wrong
    }
    watch wrong
  }
  phase full until epochs 2 {
    set vision.size = 4
    adapt vision.layers[*] with lora(rank: 4, alpha: 8)
    train adapters at lr 1e-4
    freeze everything else
    steps 100
  }`;
    expect(reported(stage(phases))).toEqual([]);
  });

  test.each<[string, string, readonly string[]]>([
    ["of no model", stage().replace("of Classifier", "of Clasifier"), ["unknown-name: Clasifier"]],
    ["of a module", stage().replace("of Classifier", "of Vit"), ["unknown-name: Vit"]],
    ["a reader", stage("", {}, record.replace("image(", "imag(")), ["unknown-reader: imag"]],
    [
      "labels of what is no input",
      stage("", {}, record.replace('key(of: "label")', 'labels(of: "word")')),
      ['unknown-name: "word"'],
    ],
    [
      "an unknown type",
      stage("", {}, record.replace("Pixels from", "Pixel from")),
      ["unknown-name: Pixel"],
    ],
    [
      "a loss over an axis",
      stage("", { loss: "loss { classify(pixels) }" }),
      ["result-mismatch: classify(pixels)"],
    ],
    [
      "a loss of the working float",
      stage("", { loss: "loss { mean{B, Class}(classify(pixels)) }" }),
      ["result-mismatch: mean{B, Class}(classify(pixels))"],
    ],
    [
      "a loss that ends in a let",
      stage("", { loss: "loss { let x = classify(pixels) }" }),
      ["result-mismatch: let x = classify(pixels)"],
    ],
    ["no loss", stage("", { loss: "" }), ["missing-argument: s"]],
    [
      "a name of the model's own file",
      stage("", { loss: "loss { sum{B, Class}(f32(normal(0.1))) }" }),
      ["unknown-name: normal"],
    ],
    [
      "a type error inside",
      stage("", { loss: "loss { cross_entropy{Class}(classify(pixels), pixels) }" }),
      ["implicit-conversion: pixels"],
    ],
    [
      "what the interface does not promise",
      stage("", { loss: "loss { f32(size{Class} + vision.depth) }" }),
      ["outside-interface: depth"],
    ],
    [
      "a phase without loss",
      stage("phase p until steps 3 { clip 1.0 }", { loss: "" }),
      ["missing-argument: p"],
    ],
    [
      "a model that cannot be made alone",
      `model Wide<D>() {\n  mode run(x: f32[B, D]) -> f32[B, D] { x }\n}\n${stage().replace("of Classifier", "of Wide")}`,
      ["wrong-arity: Wide"],
    ],
    ["watching what is no let", stage("watch wrong"), ["unknown-name: wrong"]],
    ["watching the loss itself", stage("watch loss"), ["unknown-name: loss"]],
    [
      "watching under a name that is logged anyway",
      stage("watch norm", { loss: "loss { let norm = f32(scale)\nnorm }" }),
      ["declared-twice: norm"],
    ],
    ["a mean of the weights", stage('ema "slow"'), ['argument-type: "slow"']],
    ["a mean that keeps all of itself", stage("ema 1.0"), ["stage-value: 1.0"]],
    ["a rate below 0", stage("train scale at lr -0.1"), ["stage-value: -0.1"]],
    [
      "a decay of rates that is 0",
      stage("train scale at lr 0.1, layer_decay 0.0"),
      ["stage-value: 0.0"],
    ],
    ["a bound of 0", stage("clip 0.0"), ["stage-value: 0.0"]],
    ["no step", stage("steps 0"), ["stage-value: 0"]],
    ["less than an epoch", stage("epochs -1"), ["stage-value: -1"]],
    ["a decay below 0", stage("decay -0.05"), ["stage-value: -0.05"]],
    ["no memory", stage("memory within 0 GiB"), ["stage-value: 0"]],
    ["a batch of none", stage("", { batch: "batch 0" }), ["stage-value: 0"]],
    ["data of no weight", stage('data "web" weight 0.0, "books"'), ["stage-value: 0.0"]],
    ["a phase of no step", stage("phase p until steps 0 { clip 1.0 }"), ["stage-value: 0"]],
    ["a rate that is infinite", stage("train scale at lr infinity"), ["stage-value: infinity"]],
    [
      "an adapter that drops everything",
      stage("adapt vision with lora(rank: 4, alpha: 8, dropout: 1.0)"),
      ["stage-value: 1.0"],
    ],
    ["a weight of data", stage('data "web" weight "much"'), ['argument-type: "much"']],
    ["a rate of decay", stage('decay "much" for head'), ['argument-type: "much"']],
    ["decay of nothing", stage("decay 0.1 for bm"), ["unknown-name: bm"]],
    ["two beginnings", stage('start "a"\nstart "b"'), ['declared-twice: start "b"']],
    [
      "two of one part",
      stage('start "a" for vision\nstart "b" for vision'),
      ['declared-twice: start "b" for vision'],
    ],
    ["a beginning of no part", stage('start "a" for visoin'), ["unknown-name: visoin"]],
    ["of a parameter", stage('start "a" for head.bias'), ["idle-selector: head.bias"]],
    ["of a word", stage('start "a" for vectors'), ["unknown-name: vectors"]],
    ["two rates for all", stage("decay 0.1\ndecay 0.2"), ["declared-twice: decay 0.2"]],
    [
      "a setting of a reader",
      stage(
        "",
        {},
        'pixels: Pixels from image(crp: "random"), label: i32[B] from key(of: "label")',
      ),
      ["unknown-argument: crp"],
    ],
    ["pieces that do not divide", stage("", { batch: "batch 64 by 24" }), ["batch-not-split: 24"]],
    ["pieces of nothing", stage("", { batch: "batch 64 by 0" }), ["batch-not-split: 0"]],
    ["a path that is not there", stage("freeze vision.layer"), ["unknown-name: layer"]],
    ["a first name that is not there", stage("freeze vison"), ["unknown-name: vison"]],
    ["an index that is not there", stage("freeze vision.layers[7]"), ["out-of-range: 7"]],
    ["a list that is none", stage("freeze head[*]"), ["idle-selector: head[*]"]],
    [
      "a part that is absent",
      stage("freeze vision.layers[*].gate"),
      ["idle-selector: vision.layers[*].gate"],
    ],
    ["a buffer alone", stage("freeze bn.running_mean"), ["idle-selector: bn.running_mean"]],
    ["what is taken above", stage("freeze head"), ["idle-selector: train head at lr 1e-3"]],
    ["adapters without any", stage("train adapters at lr 0.1"), ["idle-selector: adapters"]],
    ["scalars of none", stage("set probed = false\ndecay 0.1 except bn"), ["idle-selector: bn"]],
    ["nothing trained", stage("", { train: "freeze everything else" }), ["nothing-trained: s"]],
    ["a setting of train", stage("train scale at rate 0.1"), ["unknown-argument: rate"]],
    [
      "no learning rate",
      stage("train scale at layer_decay 0.1"),
      ["missing-argument: train scale at layer_decay 0.1"],
    ],
    ["a learning rate that is none", stage('train scale at lr "high"'), ['argument-type: "high"']],
    [
      "another adapter",
      stage("adapt vision with lorra(rank: 4, alpha: 8)"),
      ["unknown-name: lorra"],
    ],
    [
      "an argument of an adapter",
      stage("adapt vision with lora(rank: 4, alpha: 8, beta: 1)"),
      ["unknown-argument: beta"],
    ],
    [
      "an adapter without rank",
      stage("adapt vision with lora(alpha: 8)"),
      ["missing-argument: adapt vision with lora(alpha: 8)"],
    ],
    [
      "an adapter of no Linear",
      stage("adapt vision.layers[*].norm with lora(rank: 4, alpha: 8)"),
      ["idle-selector: vision.layers[*].norm"],
    ],
    [
      "an optimizer that fits not",
      stage("", { optimizer: "optimizer Half()" }),
      ["interface-mismatch: Half()"],
    ],
    ["an unknown optimizer", stage("", { optimizer: "optimizer Adam()" }), ["unknown-name: Adam"]],
    [
      "a setting of an optimizer",
      stage("", { optimizer: "optimizer Sgd(momentun: 0.9)" }),
      ["unknown-argument: momentun"],
    ],
    ["a schedule that is no fn", stage("schedule 0.5"), ["not-callable: 0.5"]],
    ["a schedule of another result", stage("schedule gelu(pixels)"), ["unknown-name: pixels"]],
    [
      "a schedule of whole numbers",
      `fn slow(step: f32[]) -> i32[] { i32(step) }\n${stage("schedule slow()")}`,
      ["implicit-conversion: slow()"],
    ],
    ["a schedule with too much", stage("schedule cosine(3, 4)"), ["wrong-arity: cosine(3, 4)"]],
    ["a setting of a schedule", stage("schedule cosine(warm: 3)"), ["unknown-argument: warm"]],
    ["a role of precision", stage("precision computed bf16"), ["unknown-name: computed"]],
    ["a type of precision", stage("precision compute f64"), ["unknown-name: f64"]],
    ["a unit of memory", stage("memory within 8 GB"), ["unknown-name: GB"]],
    ["an amount of memory", stage('memory within "much" GiB'), ['argument-type: "much"']],
    ["steps", stage("steps 0.5"), ["argument-type: 0.5"]],
    ["a start", stage("start 3"), ["argument-type: 3"]],
    ["a batch", stage("", { batch: "batch 64 by 0.5" }), ["argument-type: 0.5"]],
    ["two optimizers", stage("optimizer Sgd()"), ["declared-twice: optimizer AdamW()"]],
    ["a unit of a phase", stage("phase p until hours 3 { clip 1.0 }"), ["unknown-name: hours"]],
    [
      "two phases of one name",
      stage("phase p until steps 3 { clip 1.0 }\nphase p until steps 4 { clip 1.0 }"),
      ["declared-twice: p"],
    ],
    [
      "an unknown override",
      stage("set vision.dropp = 0.1"),
      ["unknown-override: set vision.dropp = 0.1"],
    ],
    [
      "what else is wrong beside an override",
      stage("set vision.dropp = 0.1\nfreeze haed"),
      ["unknown-override: set vision.dropp = 0.1", "unknown-name: haed"],
    ],
    ["an idle override", stage("set vision.drop = 0.0"), ["idle-override: set vision.drop = 0.0"]],
    [
      "an override of another type",
      stage('set vision.drop = "much"'),
      ['argument-type: set vision.drop = "much"'],
    ],
    ["an override of no value", stage("set vision.drop = gelu"), ["argument-type: gelu"]],
    [
      "a grid",
      stage("set vision.drop in [0.1, 0.2]"),
      ["argument-type: set vision.drop in [0.1, 0.2]"],
    ],
    [
      "an override in an absent part",
      stage("set probed = false\nset bn.eps = 0.1"),
      ["override-in-absent-part: set bn.eps = 0.1"],
    ],
    ["an override of an alias", stage("set bn.C = 9"), ["override-of-alias: set bn.C = 9"]],
    ["a part that fits not", stage("replace vision with Half()"), ["interface-mismatch: Half()"]],
    ["a replacement of no slot", stage("replace head with Half()"), ["unknown-override: head"]],
    [
      "a size that the phase makes odd",
      stage("phase p until steps 3 {\nset vision.size = 3\naxis Kept = vision.Tok / 2\n}"),
      ["inexact-division: vision.Tok / 2"],
    ],
  ])("reports %s", (_, text, expected) => {
    expect(reported(text)).toEqual(expected);
  });

  test("replaced parts are made with the names of the model", () => {
    const replaced =
      "replace vision.layers[*].mlp with SwiGlu<vision.D, 3 * vision.D>()\ntrain vision.layers[0].mlp.gate_proj at lr 0.1";
    expect(reported(stage(replaced))).toEqual([]);
    expect(reported(stage("replace vision with Vit<D = 12>(size: 6)"))).toEqual([]);
  });

  test("an optimizer of one's own need not import the interface", () => {
    const own = `
module Plain() {
  fn update(w: f32[..], g: f32[..], step: f32[], lr: f32[], decay: float) -> f32[..] {
    w - lr * g
  }
}
module Wrong() {
  fn update(w: f32[..], g: f32[..]) -> f32[..] {
    w - g
  }
}
`;
    const used = (name: string): string =>
      own + stage("", { optimizer: `optimizer ${name}()` }).replace(/AdamW/g, name);
    expect(reported(used("Plain"))).toEqual([]);
    expect(reported(used("Wrong"))).toEqual(["interface-mismatch: Wrong()"]);
  });

  test("the types of a loss can be shown", () => {
    const text = stage("", {
      loss: "loss { let x = mean{B}(classify(pixels))\nlet picked = cross_entropy{Class}(classify(pixels), label)\npicked + f32(sum{Class}(x)) }",
    });
    expect(typesBesideModel(text)).toEqual(["x: [Class]", "picked: f32[]"]);
  });

  test("messages say what is near", () => {
    const messages = (text: string) =>
      checkBesideModel(text).map((one) => `${one.message}; ${one.hint}`);
    expect(messages(stage("freeze vision.layer"))).toEqual([
      "there is no part or parameter `layer` here; did you mean `layers`?",
    ]);
    expect(messages(stage("freeze vision.layers[*].gate"))).toEqual([
      "`vision.layers[*].gate` selects nothing: `gated` is false; undefined",
    ]);
    expect(messages(stage("freeze head"))).toEqual([
      "`head` selects nothing: the lines above take all of it; undefined",
    ]);
  });
});
