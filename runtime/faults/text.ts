import { defineFault } from "./fault-entry.ts";

/** What can be wrong with tokenizers, texts and conversations. */
export const textFaults = {
  "not-a-tokenizer": defineFault<{ path: string; reason: string }>({
    exitCode: 1,
    title: "A file is not a tokenizer",
    message: ({ path, reason }) => `\`${path}\` is not a tokenizer: ${reason}`,
    hint: () => "checkpoints call the file `tokenizer.model` or `tokenizer.json`",
    explain:
      "A tokenizer is a SentencePiece model, the binary file that LLaMA checkpoints call `tokenizer.model`, or a JSON document of Hugging Face's library, `tokenizer.json`: a vocabulary, and how text is prepared for it. The file is something else, or it is damaged.",
  }),
  "unsupported-tokenizer": defineFault<{ path: string; reason: string }>({
    exitCode: 1,
    title: "A tokenizer of a kind that is not read",
    message: ({ path, reason }) => `the tokenizer \`${path}\` cannot be used: ${reason}`,
    hint: () => "ids that another program made can be given as they are: --in ids=FILE.npy",
    explain:
      "Of SentencePiece models those of byte pairs are read, as LLaMA, Vicuna and InternVL have them; of `tokenizer.json` byte pairs (GPT-2, CLIP, Qwen, LLaMA), word pieces (BERT), unigrams and whole words. Tables that normalise characters (T5, ALBERT, XLM-R) and other parts that would give wrong ids in silence are refused, and so are patterns that may take for ever.",
  }),
  "no-tokenizer": defineFault<{ looked: string | undefined }>({
    exitCode: 1,
    title: "There is text, and no tokenizer",
    message: ({ looked }) =>
      looked === undefined
        ? "text needs a tokenizer, and none was named"
        : `text needs a tokenizer, and there is no \`${looked}\``,
    hint: () =>
      "add --tokenizer FILE (a `tokenizer.model`, a `tokenizer.json`, or a folder with one)",
    explain:
      "Text becomes ids by the tokenizer with which the weights were trained. It is taken from `--tokenizer`, else from the file `tokenizer.model` or `tokenizer.json` beside the weights. Ids can also be given as they are, by a `.npy` file or `FILE.safetensors:tensor`.",
  }),
  "no-such-token": defineFault<{ id: number; size: number }>({
    exitCode: 1,
    title: "A number is not the id of a token",
    message: ({ id, size }) => `there is no token ${id}: ids go from 0 to ${size - 1}`,
    hint: () => "are the ids from the same tokenizer?",
    explain:
      "Ids are whole numbers from 0 up to the number of pieces. An id beyond that comes from another tokenizer, or belongs to a token that was added to the language model (`<IMG>` in InternVL-Chat).",
  }),
  "no-boundary-token": defineFault<{ boundary: "bos" | "eos" }>({
    exitCode: 1,
    title: "The tokenizer has no token that starts or ends a text",
    message: ({ boundary }) =>
      `\`${boundary}\` asks for the token that ${boundary === "bos" ? "starts" : "ends"} a text, and the tokenizer has none`,
    hint: () =>
      "a `tokenizer_config.json` beside `tokenizer.json` names it; is it the tokenizer of the weights?",
    explain:
      "`bos: true` and `eos: true` of a reader, and `--bos` and `--eos` of `weft tokenize`, put the tokens around a text with which a model was trained. In a SentencePiece model they are `<s>` and `</s>`. For a `tokenizer.json` they are what `tokenizer_config.json` calls `bos_token` and `eos_token`, else what the file itself puts around a text. Some tokenizers (Qwen) have none that starts a text.",
  }),
  "not-tokens": defineFault<{ what: string; needed: string }>({
    exitCode: 1,
    title: "What was given is neither text nor ids in the form that was asked for",
    message: ({ what, needed }) => `${what} is not ${needed}`,
    hint: () => 'for example `["a photo", "two lines"]`, and `[[1, 263], [1]]` with --decode',
    explain:
      "`weft tokenize` reads lines of text, or with `--json` an array of strings. With `--decode` it reads lines of ids with spaces or commas between them, or with `--json` an array of arrays of ids.\n\n```sh\necho '[\"a photo of a cat\"]' | weft tokenize --tokenizer tokenizer.model --json\n```",
  }),
  "not-a-text-input": defineFault<{ name: string; reason: string }>({
    exitCode: 1,
    title: "An input cannot take text",
    message: ({ name, reason }) => `\`${name}\` cannot take text: ${reason}`,
    hint: () => "give a .npy file or FILE.safetensors:tensor instead",
    explain:
      'Text becomes a tensor only where the mode says how: `ids: i32[B, Text] from text(bos: true)` or `from chat(template: "vicuna_v1")`, with whole numbers and the tokens as the last dimension.',
  }),
  "text-too-long": defineFault<{ name: string; tokens: number; axis: string; size: number }>({
    exitCode: 1,
    title: "A text has more tokens than its axis",
    message: ({ name, tokens, axis, size }) =>
      `a text for \`${name}\` has ${tokens} tokens and the axis \`${axis}\` holds ${size}`,
    hint: ({ axis, tokens }) => `add --size ${axis}=${tokens}, or shorten the text`,
    explain:
      "Texts are cut only where the mode says so, with `length:` in its reader. Elsewhere a free axis takes the size of the longest text; a size that was given with `--size`, or that the file fixes, is kept.",
  }),
  "no-such-template": defineFault<{ name: string; known: readonly string[] }>({
    exitCode: 1,
    title: "There is no such chat template",
    message: ({ name, known }) =>
      `there is no chat template \`${name}\`; there are ${known.map((each) => `\`${each}\``).join(", ")}`,
    explain:
      'A chat template says how a conversation becomes text: the system message, the names of the roles, what separates turns, where the image stands. It is named where the mode reads its ids: `from chat(template: "vicuna_v1")`.',
  }),
  "not-a-dialogue": defineFault<{ name: string }>({
    exitCode: 1,
    title: "A mode does not say how a dialogue becomes its prompt",
    message: ({ name }) => `\`${name}\` does not say how a dialogue is written`,
    hint: () => '`from chat(template: "vicuna_v1")` would; `weft generate` takes plain text',
    explain:
      "A dialogue becomes one text by the template that the model was trained with. The mode names it where it reads its ids, with `from chat(..)`.",
  }),
  "beams-not-streamed": defineFault<Record<never, never>>({
    exitCode: 1,
    title: "A beam search has no tokens to stream",
    message: () => "beams have no tokens to stream: which is the best is known at the end",
    hint: () => "`complete` gives the text at its end",
    explain:
      "A beam search keeps several texts, any of which may still become the best one. `complete` of a generator gives it when all have ended.",
  }),
  "bad-conversation": defineFault<{ reason: string }>({
    exitCode: 1,
    title: "A conversation is not in the form that templates take",
    message: ({ reason }) => `the conversation cannot be used: ${reason}`,
    hint: () => 'for example `[{"role": "user", "text": "What is this?"}]`',
    explain:
      'A conversation is a text, for one question, or a JSON array of turns. Each turn has a `role` (`user` or `assistant`) and a `text`; a user turn may say how many `images` it shows. User and assistant take turns, and the user begins.\n\n```json\n[{"role": "user", "text": "What is this?", "images": 1},\n {"role": "assistant", "text": "A red panda."},\n {"role": "user", "text": "Where does it live?"}]\n```',
  }),
} as const;
