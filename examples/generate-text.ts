// Text from a language model, token by token: the likeliest, then sampled, then searched with beams.
//
//   node dist/examples/generate-text.js [PROMPT] [WEIGHTS]
//
// Without weights the model is a small LLaMA as its initialisers leave it: what it says means nothing, but
// every part is at work, from the tokenizer to the caches. WEIGHTS is a folder as Hugging Face keeps them,
// with `config.json` and `tokenizer.model`.
import { fileURLToPath } from "node:url";
import { loadGenerator } from "weft";

const [prompt = "a photo of", weights] = process.argv.slice(2);
const model = {
  file: new URL("../models/llama/llama.weft", sources()),
  model: weights === undefined ? "Llama_tiny" : "Llama",
  mode: "generate",
  weights: weights ?? "random:7",
  ...(weights === undefined
    ? { tokenizer: fileURLToPath(new URL("tokenizer.model", sources())) }
    : {}),
};
const maxNewTokens = 24;

const greedy = await loadGenerator(model);
console.log(`on ${greedy.device.name}, prompts of up to ${greedy.promptLengths.join(", ")} tokens`);
process.stdout.write(`greedy   ${prompt}`);
for await (const { text } of greedy.stream({ ids: prompt }, { maxNewTokens }))
  process.stdout.write(text);
greedy.dispose();

const inputs = { ids: prompt };
const sampled = await loadGenerator({ ...model, inputs, temperature: 0.9, topK: 40, topP: 0.95 });
for (const seed of [1, 2]) {
  const [sequence] = await sampled.complete(inputs, { maxNewTokens, seed });
  process.stdout.write(`\nseed ${seed}   ${prompt}${sequence?.text ?? ""}`);
}
sampled.dispose();

const searched = await loadGenerator({ ...model, inputs, beams: 5, minNewTokens: 8 });
const [best] = await searched.complete(inputs, { maxNewTokens });
console.log(`\n5 beams  ${prompt}${best?.text ?? ""}`);
searched.dispose();

/** This folder among the sources: the model and the tokenizer are not copied to `dist/`. */
function sources(): URL {
  const here = import.meta.url;
  return new URL(here.replace("/dist/examples/", "/examples/"));
}
