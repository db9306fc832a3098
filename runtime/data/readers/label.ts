import type { SettingsOf } from "../../../compiler/ir/reader-settings.ts";
import { fault } from "../../faults.ts";
import type { DataRecord } from "../data-source.ts";
import type { DataReader } from "../reader.ts";

/** The class of a record, as its number. */
export const labelReader: DataReader = {
  columns: () => ["label"],
  misfit: ({ element, shape }) =>
    element === "i32" && shape.length === 0 ? undefined : "a label is i32 [B]",
  read: ({ record }) => ({ data: Int32Array.of(labelOf(record)) }),
};

/**
 * A share for each class: all for its own but what `smoothing` spreads over all; of mixed pictures, shares of both.
 */
export const softLabelReader: DataReader = {
  columns: () => ["label"],
  misfit: ({ element, shape }) =>
    element === "f32" && shape.length === 1 ? undefined : "soft labels are f32 [B, Class]",
  async read({ input, record, mix, recordOf }) {
    const { smoothing = 0 } = (input.reader?.args ?? {}) as SettingsOf<"soft_label">;
    const classes = input.shape[0] ?? 1;
    const data = new Float32Array(classes).fill(smoothing / classes);
    const add = (one: DataRecord, share: number): void => {
      const label = labelOf(one, classes);
      data[label] = (data[label] ?? 0) + share * (1 - smoothing);
    };
    add(record, mix?.share ?? 1);
    if (mix !== undefined) await recordOf(mix.partner, (partner) => add(partner, 1 - mix.share));
    return { data };
  },
};

/** @throws {RuntimeFault} `record-unusable` where there are not so many classes. */
function labelOf(
  { name, columns: { label } }: DataRecord,
  classes = Number.POSITIVE_INFINITY,
): number {
  if (label !== undefined && label < classes) return label;
  const reason =
    label === undefined
      ? "it has no label"
      : `its label is ${label}, and there are ${classes} classes`;
  throw fault("record-unusable", { record: name, reason });
}
