import { isRecord, JsonFields } from "./json-fields.ts";
import type { AddedToken, Boundaries } from "./tokenizer-file.ts";

const usualStarts = ["<s>", "<|startoftext|>", "<|begin_of_text|>", "[CLS]", "<bos>"];
const usualEnds = ["</s>", "<|endoftext|>", "<|end_of_text|>", "<|im_end|>", "[SEP]", "<eos>"];

/**
 * The tokens that start and end a text: what `tokenizer_config.json` calls them, else what the file puts around a
 * text, else special tokens with the usual names.
 */
export function readBoundaries(
  file: JsonFields,
  config: JsonFields | undefined,
  added: readonly AddedToken[],
): Boundaries {
  const around = aroundText(file.inner("post_processor"));
  const named = (names: readonly string[]) =>
    names.find((name) => added.some(({ content, special }) => special && content === name));
  const said = (name: string) => config?.value(name) !== undefined;
  return {
    // A null there says that there is none.
    bos: said("bos_token") ? nameIn(config, "bos_token") : (around.bos ?? named(usualStarts)),
    eos: said("eos_token") ? nameIn(config, "eos_token") : (around.eos ?? named(usualEnds)),
  };
}

function nameIn(config: JsonFields | undefined, name: string): string | undefined {
  const value = config?.value(name);
  if (isRecord(value)) return config?.inner(name)?.textIfAny("content");
  return config?.textIfAny(name);
}

function aroundText(fields: JsonFields | undefined): Boundaries {
  const nothing = { bos: undefined, eos: undefined };
  switch (fields?.textIfAny("type")) {
    case "BertProcessing":
    case "RobertaProcessing":
      return { bos: firstOf(fields?.value("cls")), eos: firstOf(fields?.value("sep")) };
    case "TemplateProcessing": {
      const single = fields?.list("single", 64) ?? [];
      return { bos: specialIn(single.at(0)), eos: specialIn(single.at(-1)) };
    }
    case "Sequence": {
      const parts = fields?.list("processors", 32) ?? [];
      const found = parts.map((one) =>
        // Parts of parts are as deep as anybody nests them.
        isRecord(one) && one.type !== "Sequence"
          ? aroundText(new JsonFields(fields?.path ?? "", "a processor", one))
          : nothing,
      );
      return {
        bos: found.find(({ bos }) => bos !== undefined)?.bos,
        eos: found.find(({ eos }) => eos !== undefined)?.eos,
      };
    }
    default:
      return nothing;
  }
}

function firstOf(value: unknown): string | undefined {
  const [name]: readonly unknown[] = Array.isArray(value) ? value : [];
  return typeof name === "string" ? name : undefined;
}

function specialIn(piece: unknown): string | undefined {
  const special = isRecord(piece) ? piece.SpecialToken : undefined;
  const id = isRecord(special) ? special.id : undefined;
  return typeof id === "string" ? id : undefined;
}
