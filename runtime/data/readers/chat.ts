import type { SettingsOf } from "../../../compiler/ir/reader-settings.ts";
import { fault } from "../../faults.ts";
import { composeChat } from "../../text/compose-chat.ts";
import { encodeText } from "../../text/encode-text.ts";
import { findTemplate } from "../../text/templates/template-registry.ts";
import type { DataReader } from "../reader.ts";
import { padded } from "./text.ts";

/** A conversation as ids, with the answers as its labels; longer ones are cut. */
export const chatReader: DataReader = {
  columns: () => ["turns"],
  misfit: ({ element, shape }) =>
    element === "i32" && shape.length === 1 ? undefined : "a conversation is i32 [B, N]",
  read({ input, record, tokenizer }) {
    const room = input.shape[0] ?? 0;
    const {
      template: name = "",
      image,
      query,
      length = room,
    } = (input.reader?.args ?? {}) as SettingsOf<"chat">;
    const template = findTemplate(name);
    const turns = record.columns.turns ?? [];
    const known = tokenizer().withTokens(template.added);
    const chat = composeChat(template, known, turns, {
      image,
      query,
      length: Math.min(length, room),
    });
    if (chat.isUnlabelled)
      throw fault("record-unusable", {
        record: record.name,
        reason: "the tokens of an answer cannot be told from those before it",
      });
    return { ...padded([chat.ids], room), labels: chat.labels, questions: chat.questions };
  },
};

/** What the user asked in another input, each question as a text of its own; further ones are left out. */
export const questionsReader: DataReader = {
  columns: () => [],
  misfit({ element, shape, reader }, others) {
    const { of } = (reader?.args ?? {}) as SettingsOf<"questions">;
    if (others.find(({ name }) => name === of)?.reader?.name !== "chat")
      return "`of` names an input that is read `from chat(..)`";
    return element === "i32" && shape.length === 2 ? undefined : "questions are i32 [B, Turn, N]";
  },
  read({ input, made, questionTokenizer }) {
    const { of = "" } = (input.reader?.args ?? {}) as SettingsOf<"questions">;
    const [turns = 0, length = 0] = input.shape;
    const settings = { prefix: "", prompt: "", bos: true, eos: true, clean: false, length };
    const asked = made(of).questions ?? [];
    const rows = asked.slice(0, turns).map((one) => encodeText(questionTokenizer(), one, settings));
    return padded([...rows, ...Array.from({ length: turns - rows.length }, () => [])], length);
  },
};
