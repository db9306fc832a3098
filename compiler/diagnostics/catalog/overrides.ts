import { defineDiagnostic } from "../diagnostic.ts";
import { explanation } from "../explanation.ts";
import { nearestHint, quote } from "../phrase.ts";

export const overrideDiagnostics = {
  "unknown-override": defineDiagnostic<{
    readonly path: string;
    readonly nearest: readonly string[];
  }>({
    severity: "error",
    title: "an override of something that is not there",
    message: ({ path }) => `${quote(path)} is no setting, axis or slot of this model`,
    hint: ({ nearest }) => nearestHint(nearest),
    explain: explanation(
      [
        "`set` changes a setting or an owned axis, `replace` fills a slot. An override that matches",
        "nothing would leave the model as it was, and its result would be believed.",
      ],
      "weft inspect vit.weft --model InternViT --set dpeth=12",
      "weft inspect vit.weft --model InternViT --set depth=12",
      "sh",
    ),
  }),

  "idle-override": defineDiagnostic<{ readonly path: string; readonly value: string }>({
    severity: "error",
    title: "an override that changes nothing",
    message: ({ path, value }) => `${quote(path)} is ${value} already`,
    hint: () => "take the override out",
    explain: explanation(
      [
        "Two cells of an experiment that are the same model are a mistake in what is compared. `--set` may name the value that a model has, so that a script can sweep over sizes.",
      ],
      `
experiment depths of Vit {
  set depth = 2
}`,
      `
experiment depths of Vit {
  set depth in [1, 3]
}`,
    ),
  }),

  "override-in-absent-part": defineDiagnostic<{
    readonly path: string;
    readonly part: string;
    /** "`qk_norm` is false". */
    readonly why: string | undefined;
    /** What would have to hold, as written. */
    readonly condition: string | undefined;
  }>({
    severity: "error",
    title: "an override inside a part that is not there",
    message: ({ path, part, why }) =>
      `${path === part ? quote(path) : `${quote(path)} is in ${quote(part)}, which`} is not there${why === undefined ? "" : `: ${why}`}`,
    hint: ({ condition }) =>
      condition !== undefined && /^\w+$/.test(condition)
        ? `with ${quote(`${condition} = true`)} it is there`
        : undefined,
    explain: explanation(
      ["A part with `if` is there only where its condition holds; without it an override is idle."],
      `
experiment norms of Vit {
  set qk_norm = false
  set encoder.layers[*].attn.q_norm.eps = 1e-5
  run align
}`,
      `
experiment norms of Vit {
  set encoder.layers[*].attn.q_norm.eps = 1e-5
  run align
}`,
    ),
  }),

  "override-of-alias": defineDiagnostic<{
    readonly path: string;
    /** The axis that it stands for. */
    readonly target: string;
  }>({
    severity: "error",
    title: "an override of an axis that stands for another one",
    message: ({ path, target }) => `${quote(path)} is only another name of ${quote(target)} here`,
    hint: ({ target }) => `give ${quote(target)} another size`,
    explain: explanation(
      ["The axes of a part are mostly those of whoever made it. Set the one that owns the size."],
      "weft inspect vit.weft --model InternViT --set encoder.layers[0].mlp.fc1.In=64",
      "weft inspect vit.weft --model InternViT --set D=64",
      "sh",
    ),
  }),
} as const;
