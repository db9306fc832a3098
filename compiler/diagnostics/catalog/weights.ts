import { defineDiagnostic } from "../diagnostic.ts";
import { explanation } from "../explanation.ts";
import { nearestHint, quote } from "../phrase.ts";

export const weightDiagnostics = {
  "key-missing": defineDiagnostic<{
    readonly key: string;
    readonly path: string;
    readonly nearest: readonly string[];
  }>({
    severity: "error",
    title: "a parameter that the file has no tensor for",
    message: ({ key, path }) =>
      key === path
        ? `the file has no tensor ${quote(key)}`
        : `the file has no tensor ${quote(key)} for ${quote(path)}`,
    hint: ({ nearest, path }) =>
      nearestHint(nearest) ?? `\`initialise ${path}\` in the \`weights\` block if it is in no file`,
    explain: explanation(
      [
        "Parameter paths are the keys of the file unless a `weights` block says otherwise. A",
        "parameter that is in no file is named: `initialise clip_projector`.",
      ],
      `
weights hf of InternViT {
  config "config.json" { D = "vision_config.hidden_size" }
}`,
      `
weights hf of InternViT {
  prefix "vision_model."
  config "config.json" { D = "vision_config.hidden_size" }
}`,
    ),
  }),

  "begun-anew": defineDiagnostic<{ readonly path: string; readonly more: number }>({
    severity: "warning",
    title: "something that a stage trains and the file has no tensor for",
    message: ({ path, more }) =>
      more === 0
        ? `the file has no tensor for ${quote(path)}, which is trained: it begins as its initialiser makes it`
        : `the file has no tensors for ${quote(path)} and ${more} more of what is trained: they begin as their initialisers make them`,
    explain: explanation(
      [
        "A stage may add to what was trained before: a head, adapters, a layer. They are in no file yet, so they",
        "begin as their initialisers make them, and so do running statistics of parts that are trained. What is frozen",
        "has to be in the file.",
      ],
      "weft train chat.weft --stage adapted --weights LLAMA --batches b.safetensors --out runs/adapted",
      "weft train chat.weft --stage adapted --weights runs/adapted --batches b.safetensors --out runs/more",
      "sh",
    ),
  }),

  "key-unused": defineDiagnostic<{ readonly key: string; readonly more: number }>({
    severity: "error",
    title: "a tensor of the file that nothing uses",
    message: ({ key, more }) =>
      `nothing uses ${quote(key)}${more > 0 ? ` and ${more} more` : ""} of the file`,
    hint: ({ key }) => `\`ignore "${key}"\` in the \`weights\` block`,
    explain: explanation(
      [
        "A file is checked both ways: what is not used is ignored by name, `**` standing for any rest.",
      ],
      `
weights vision of InternViT {
  prefix "vision_model."
}`,
      `
weights vision of InternViT {
  prefix "vision_model."
  ignore "qllama.**", "query_tokens"
}`,
    ),
  }),

  "key-used-twice": defineDiagnostic<{
    readonly key: string;
    readonly first: string;
    readonly second: string;
  }>({
    severity: "error",
    title: "one tensor of the file for two parameters",
    message: ({ key, first, second }) =>
      `${quote(key)} is used for ${quote(first)} and for ${quote(second)}`,
    hint: ({ first, second }) => `\`tie ${second} = ${first}\` if they are one parameter`,
    explain: explanation(
      [
        "Two parameters share a tensor only if they are tied; otherwise one of them is mapped wrongly.",
      ],
      `
weights hf of InternVL {
  map vision_model.encoder.layers[0] = "block"
  map vision_model.encoder.layers[1] = "block"
}`,
      `
weights hf of InternVL {
  map vision_model.encoder.layers[0] = "block"
  tie vision_model.encoder.layers[1] = vision_model.encoder.layers[0]
}`,
    ),
  }),

  "shape-mismatch": defineDiagnostic<{
    readonly key: string;
    readonly path: string;
    readonly needed: string;
    readonly found: string;
  }>({
    severity: "error",
    title: "a tensor of another shape than its parameter",
    message: ({ key, path, needed, found }) =>
      key === path
        ? `${quote(path)} needs shape ${needed}, but the file has ${found}`
        : `${quote(path)} needs shape ${needed}, but ${quote(key)} of the file has ${found}`,
    explain: explanation(
      [
        "Shapes are compared after dropping dimensions of size 1. Where sizes come from a file, a",
        "`config` entry reads them before the model is made.",
      ],
      `
weights hf of InternViT {
  prefix "vision_model."
}`,
      `
weights hf of InternViT {
  prefix "vision_model."
  config "config.json" { D = "vision_config.hidden_size" }
}`,
    ),
  }),

  "dtype-lossy": defineDiagnostic<{
    readonly key: string;
    readonly needed: string;
    readonly found: string;
  }>({
    severity: "error",
    title: "a tensor whose elements do not fit the parameter's type",
    message: ({ key, needed, found }) => `${quote(key)} is ${found}, which does not fit ${needed}`,
    explain: explanation(
      [
        "Floats are read as the precision policy says. Integers and booleans are not read as floats",
        "nor the other way round: elements would change their meaning.",
      ],
      `
// the file has steps as F32
model Count {
  buffer steps: i32[] = 0
  mode forward(x: f32[B]) -> f32[B] {
    x + f32(steps)
  }
}`,
      `
// the file has steps as F32
model Count {
  buffer steps: f32[] = 0.0
  mode forward(x: f32[B]) -> f32[B] {
    x + steps
  }
}`,
    ),
  }),

  "config-missing": defineDiagnostic<{
    readonly file: string;
    readonly key: string;
    readonly setting: string;
    readonly nearest: readonly string[];
  }>({
    severity: "error",
    title: "a setting that the configuration file does not give",
    message: ({ file, key, setting }) =>
      `${quote(file)} has no ${quote(key)} for ${quote(setting)}`,
    hint: ({ nearest }) => nearestHint(nearest),
    explain: explanation(
      [
        "`config` reads settings and sizes from a JSON file before the model is made, by dotted path.",
      ],
      `
weights hf of InternViT {
  config "config.json" { depth = "num_layers" }
}`,
      `
weights hf of InternViT {
  config "config.json" { depth = "num_hidden_layers" }
}`,
    ),
  }),

  "config-unreadable": defineDiagnostic<{
    readonly file: string;
    readonly found: string;
    readonly line: number;
    readonly column: number;
  }>({
    severity: "error",
    title: "a configuration file that is not JSON",
    message: ({ file, found, line, column }) =>
      `${quote(file)} of the checkpoint is not JSON: line ${line}, column ${column} has ${found}`,
    hint: () => "mend the file, or give the settings with `--set` and weights without it",
    explain: explanation(
      [
        "The configuration beside the weights is JSON, with a byte order mark or without, and with `NaN` and `Infinity`, which Python writes. Anything else is not guessed at.",
      ],
      `
weights hf of InternViT {
  config "config.json" { depth = "num_hidden_layers" }
}`,
      `
weights hf of InternViT {
  map encoder.layers[*].weight = "layers.*.weight"
}`,
    ),
  }),

  "unknown-layout": defineDiagnostic<{
    readonly name: string;
    readonly nearest: readonly string[];
  }>({
    severity: "error",
    title: "a `weights` block that does not exist",
    message: ({ name }) => `there is no \`weights\` block ${quote(name)} for this model`,
    hint: ({ nearest }) => nearestHint(nearest),
    explain: explanation(
      ["`--layout` names a `weights` block of the file; without it the one that fits is taken."],
      "weft run vit.weft --model InternViT --mode forward --weights DIR --layout hugging",
      "weft run vit.weft --model InternViT --mode forward --weights DIR --layout internvit_hf",
      "sh",
    ),
  }),
} as const;
