import { fault } from "../../../runtime/faults.ts";
import { promptBuckets } from "../../../runtime/generate/buckets.ts";
import type { ChatPlaces } from "../../../runtime/generate/conversation.ts";
import type { ChatTemplate } from "../../../runtime/text/templates/chat-template.ts";
import { findTemplate } from "../../../runtime/text/templates/template-registry.ts";
import type { InputSpec } from "../../artifact.ts";
import type { GenerationPlan } from "./generation-plan.ts";

/** What the inputs of a mode say about dialogues. */
export interface ChatPlan {
  readonly template: ChatTemplate;
  readonly places: ChatPlaces;
  /** The input that takes the image, and the one that takes the question of every turn. */
  readonly image: InputSpec | undefined;
  readonly question: InputSpec | undefined;
}

export function chatPlan({ prompt, inputs }: GenerationPlan): ChatPlan {
  const { reader } = prompt;
  if (reader?.name !== "chat") {
    throw fault("not-a-dialogue", { name: prompt.name });
  }
  const count = (value: unknown) => (typeof value === "number" && value > 0 ? value : undefined);
  return {
    template: findTemplate(String(reader.args.template ?? "")),
    places: { image: count(reader.args.image), query: count(reader.args.query) },
    image: inputs.find((input) => input.reader?.name === "image"),
    question: inputs.find((input) => input.reader?.name === "text" && input.name !== prompt.name),
  };
}

/** Tokens that a turn has at least beside its queries: roles, a word, the end. */
const shortestTurn = 12;

/**
 * The sizes that dialogues are compiled for: lengths of the whole prompt, and with each as many turns with
 * queries as fit in there.
 */
export function chatSizes(
  plan: GenerationPlan,
  { places, question }: ChatPlan,
): readonly Readonly<Record<string, number>>[] {
  const { image = 0, query = 0 } = places;
  const limit = Number.isFinite(plan.slots) ? plan.slots : 2048;
  const turn = query + shortestTurn;
  const useful = promptBuckets(limit).filter((length) => length >= image + turn);
  const [turns, words] = question?.shape.slice(-2) ?? [];
  const most = question?.reader?.args.length;
  return (useful.length === 0 ? [limit] : useful).map((length) => ({
    [plan.promptAxis]: length,
    ...(turns && question?.shape.length === 3
      ? { [turns.name]: Math.max(1, Math.floor((length - image) / turn)) }
      : {}),
    ...(words && typeof most === "number" ? { [words.name]: most } : {}),
  }));
}
