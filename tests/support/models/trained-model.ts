import type { Diagnostic } from "../../../compiler/diagnostics/diagnostic.ts";
import { type CheckedText, checkText } from "../texts/check-text.ts";

/** A model with a slot, a list, optional parts, a buffer and every rank of parameter. */
const trainedModel = `
import { BatchNorm, Ffn, LayerNorm, Linear, Mlp } from "std/layers"
import { constant, normal } from "std/initializers"
import { bicubic } from "std/resample"

/// What reads the pixels.
interface Tower(size: int) {
  axis D
  axis Tok
  fn forward(x: f32[B, Y = size, X = size]) -> [B, Tok, D]
  fn sparse{Kept}(x: f32[B, Y = size, X = size]) -> [B, Kept, D]
}

module Block<D>(drop: float = 0.0, gated: bool = false) {
  use norm = LayerNorm<D>()
  use gate = Linear<D, D>() if gated
  slot mlp: Ffn<D> = Mlp<D, 2 * D>()
  fn forward(x: [.., D]) -> [.., D] {
    x + mlp(norm(x))
  }
}

module Vit<D = 8>(size: int = 4, depth: int = 3, drop: float = 0.0, gated: bool = false) {
  axis Row = size
  axis Tok = size
  param embed: [Row, D] = normal(std: 0.02)
  param position: [Tok, D] = normal(std: 0.02)
  repeat i in 0..depth {
    use layers[i] = Block<D>(drop: drop, gated: gated and i == 0)
  }
  fn forward(x: f32[B, Y = size, X = size]) -> [B, Tok, D] {
    let rows = rename{Y -> Tok}(rename{X -> Row}(real(x)))
    let x = sum{Row}(rows * embed) + position
    for layer in layers { x = layer(x) }
    x
  }
  fn sparse{Kept}(x: f32[B, Y = size, X = size]) -> [B, Kept, D] where Kept <= size {
    slice{Tok -> Kept}(forward(x), from: 0)
  }
}

/// Does not promise \`sparse\`.
module Half<D = 8>(size: int = 4) {
  axis Tok = size
  fn forward(x: f32[B, Y = size, X = size]) -> [B, Tok, D] {
    expand{D}(mean{X}(real(rename{Y -> Tok}(x))))
  }
}

model Classifier<Class = 5>(probed: bool = true) {
  slot vision: Tower = Vit()
  use bn = BatchNorm<vision.D>() if probed
  use head = Linear<vision.D, Class>()
  param scale: f32[] = constant(1.0)
  type Pixels = f32[B, Y = vision.size, X = vision.size]

  mode classify(pixels: Pixels from image(fit: "crop")) -> [B, Class] {
    let x = mean{vision.Tok}(vision(pixels))
    head(if probed { bn(x) } else { x })
  }
}
model Other = Classifier<Class = 7>()

weights of_classifier of Classifier {
  resample vision.embed over vision.Row with bicubic
  resample vision.position over vision.Tok with bicubic
}
`;

const imports = `
import { AdamW, Sgd } from "std/optimizers"
import { cosine } from "std/schedules"
import { bicubic } from "std/resample"
import { cross_entropy } from "std/losses"
import { gelu } from "std/functions"
import { Linear, SwiGlu } from "std/layers"
import { Classifier, Vit, Half } from "./model"
`;

/** Checks a text beside the model, which it imports with what else it names. */
export function checkBesideModel(text: string): readonly Diagnostic[] {
  return checkedBesideModel(text).sink.diagnostics;
}

/** The types that the check infers in the text, as `name: type`. */
export function typesBesideModel(text: string): readonly string[] {
  return checkedBesideModel(text)
    .program.types.filter((type) => type.span.file.path === "entry")
    .map((type) => `${type.name}: ${type.type}`);
}

/** The whole result of the check. */
export function checkedBesideModel(text: string): CheckedText {
  const lines = [...imports.matchAll(/^import \{(.*)\} from (.*)$/gm)].map(
    ([, names = "", from]) => {
      const kept = names
        .split(",")
        .map((name) => name.trim())
        .filter((name) => new RegExp(`\\b${name}\\b`).test(text));
      return kept.length === 0 ? "" : `import { ${kept.join(", ")} } from ${from}\n`;
    },
  );
  return checkText(`${lines.join("")}${text}\n`, { model: trainedModel });
}

/** Each code with the text that it stands at. */
export function reportedBesideModel(text: string): readonly string[] {
  return checkBesideModel(text).map(({ code, primary: { span } }) => {
    const found = span.file.text.slice(span.start, span.end).replace(/\s+/g, " ");
    return `${code}: ${found}`;
  });
}
