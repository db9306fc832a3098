import { describe, expect, test } from "vitest";
import { reportedBesideModel as reported } from "../support/models/trained-model.ts";

function block(mappings: string): string {
  return `weights w of Classifier {\n${mappings}\n}`;
}

describe("a weights block", () => {
  test("that is whole is right", () => {
    const mappings = `
  prefix "module."
  config "config.json" {
    Class = "num_labels"
    vision.D = "encoder.hidden_size"
    vision.layers[*].drop = "encoder.drop"
    probed = "probed"
  }
  map vision.layers[*].mlp = "blocks.*.ffn"
  map vision.layers[0..1].gate = "gate.*"
  map vision.position = concat("pos.cls", "pos.grid")
  map vision.embed = transpose("embed")
  map bn.weight = part("bn.both", 0, 2)
  map bn.bias = part("bn.both", 1, 2)
  tie head.bias = bn.running_mean
  initialise scale
  resample vision.position over vision.Tok with bicubic
  ignore "position_ids", "text.**"`;
    expect(reported(block(mappings))).toEqual([]);
  });

  test.each<[string, string, readonly string[]]>([
    ["a path of a map", 'map vision.layer = "x"', ["unknown-name: layer"]],
    ["a path in no list", 'map head[*].weight = "x"', ["idle-selector: head[*].weight"]],
    ["a tie", "tie head.weight = haed.bias", ["unknown-name: haed"]],
    ["what is initialised", "initialise vision, tail", ["unknown-name: tail"]],
    [
      "what is resampled",
      "resample vision.positions over vision.Tok with bicubic",
      ["unknown-name: positions"],
    ],
    ["a setting", 'config "c.json" { vision.dept = "depth" }', ["unknown-override: vision.dept"]],
    ["a setting of the model", 'config "c.json" { Klass = "labels" }', ["unknown-override: Klass"]],
    ["a slot in a config", 'config "c.json" { vision = "tower" }', ["unknown-override: vision"]],
    [
      "an axis of another part",
      'config "c.json" { head.In = "width" }',
      ["override-of-alias: head.In"],
    ],
    ["a config that is no string", 'config "c.json" { Class = 3 }', ["argument-type: 3"]],
    ["a setting twice", 'config "c.json" { Class = "a"\nClass = "b" }', ["declared-twice: Class"]],
    ["a number for a key", "map scale = 3", ["argument-type: 3"]],
    ["an unknown form", 'map scale = transposed("x")', ['unknown-name: transposed("x")']],
    ["concat of one", 'map scale = concat("x")', ['wrong-arity: concat("x")']],
    ["concat of a number", 'map scale = concat("x", 1)', ["argument-type: 1"]],
    ["transpose of two", 'map scale = transpose("x", "y")', ['wrong-arity: transpose("x", "y")']],
    ["a part without a number", 'map scale = part("x", 0)', ['wrong-arity: part("x", 0)']],
    ["a part of another type", 'map scale = part("x", "y", 3)', ['argument-type: "y"']],
    ["a part beyond the last", 'map scale = part("x", 3, 3)', ["out-of-range: 3"]],
    [
      "more stars than the path has",
      'map vision.layers[*].mlp = "a.*.b.*"',
      ['argument-type: "a.*.b.*"'],
    ],
    ["stars inside an ignored key", 'ignore "a.**.b"', ['argument-type: "a.**.b"']],
    [
      "an index that only the model knows",
      'map vision.layers[vision.size - 2] = "x"',
      ["not-static: vision.layers[vision.size - 2]"],
    ],
    ["two prefixes", 'prefix "a."\nprefix "b."', ['declared-twice: prefix "b."']],
    [
      "an unknown axis",
      "resample vision.position over vision.Tik with bicubic",
      ["no-such-member: Tik"],
    ],
    [
      "a part for an axis",
      "resample vision.position over head with bicubic",
      ["unknown-axis: head"],
    ],
    [
      "an axis that is not there",
      "resample vision.position over vision.Row with bicubic",
      ["missing-axis: vision.Row"],
    ],
    [
      "one axis twice",
      "resample vision.position over vision.Tok, vision.Tok with bicubic",
      ["duplicate-axis: vision.Tok"],
    ],
    [
      "an unknown fn",
      "resample vision.position over vision.Tok with bicubik",
      ["unknown-name: bicubik"],
    ],
    [
      "a fn of another form",
      "resample vision.position over vision.Tok with gelu",
      ["argument-type: gelu"],
    ],
    [
      "a module for a fn",
      "resample vision.position over vision.Tok with Vit",
      ["argument-type: Vit"],
    ],
  ])("reports %s", (_, mappings, expected) => {
    expect(reported(block(mappings))).toEqual(expected);
  });

  test("is of a model", () => {
    expect(reported(block("").replace("Classifier", "Classifer"))).toEqual([
      "unknown-name: Classifer",
    ]);
    expect(reported(block("").replace("Classifier", "Vit"))).toEqual(["unknown-name: Vit"]);
  });
});
