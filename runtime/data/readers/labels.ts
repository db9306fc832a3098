import type { SettingsOf } from "../../../compiler/ir/reader-settings.ts";
import { ignoredLabel } from "../../text/compose-chat.ts";
import type { DataReader } from "../reader.ts";

/** Ids of another input as targets: without its padding, its first `ignore_prefix` ids, and what is no answer. */
export const labelsReader: DataReader = {
  columns: () => [],
  misfit({ element, shape, reader }, others) {
    const { of } = (reader?.args ?? {}) as SettingsOf<"labels">;
    const rows = others.find(({ name }) => name === of);
    if (rows?.reader?.name !== "text" && rows?.reader?.name !== "chat")
      return "`of` names an input that is read `from text(..)` or `from chat(..)`";
    return element === "i32" && `${shape}` === `${rows.shape}`
      ? undefined
      : `labels have the form of \`${rows.name}\``;
  },
  read({ input, made }) {
    const { of = "", ignore_prefix: prefix = 0 } = (input.reader?.args ??
      {}) as SettingsOf<"labels">;
    const { data, lengths = [], labels } = made(of);
    const [length = data.length] = lengths;
    return {
      data: Int32Array.from(data, (id, place) =>
        place < prefix || place >= length ? ignoredLabel : (labels?.[place] ?? id),
      ),
    };
  },
};
