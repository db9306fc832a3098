import type { DataDescription } from "../../../../runtime/data/describe-data.ts";
import { formatCount } from "../../../api/text/format-quantity.ts";
import type { Style } from "../../../api/text/style.ts";
import { formatTable } from "../../../api/text/table.ts";

/** What a data set holds, for people. */
export function dataText(found: DataDescription, style: Style): string {
  const { path, records, columns, width, height, keys, labels, languages, bad } = found;
  const lines = [
    `${path}: ${formatCount(records)} records with ${columns.join(", ")}\n`,
    width && height
      ? `pictures     ${width.least} to ${width.most} wide (half at most ${width.median}), ${height.least} to ${height.most} high (half at most ${height.median})\n`
      : "",
    keys === undefined ? "" : `keys         ${formatCount(keys)} different\n`,
    classText(labels),
    languageTable(languages, style),
    ...badLines(bad),
  ];
  return lines.join("");
}

function classText(labels: DataDescription["labels"]): string {
  const counts = Object.values(labels);
  if (counts.length === 0) return "";
  const [least, most] = [Math.min(...counts), Math.max(...counts)].map(formatCount);
  const each = least === most ? `${least} records each` : `${least} to ${most} records each`;
  return `classes      ${counts.length}, ${each}\n`;
}

function languageTable(languages: DataDescription["languages"], style: Style): string {
  if (languages.length === 0) return "";
  return formatTable(
    [
      { title: "language" },
      { title: "records", align: "right" },
      { title: "texts", align: "right" },
      { title: "first texts", align: "right" },
      { title: "bytes", align: "right" },
    ],
    languages.map(({ language, records, texts, different, meanBytes }) => [
      language === "" ? "(not said)" : language,
      formatCount(records),
      formatCount(texts),
      formatCount(different),
      meanBytes.toFixed(1),
    ]),
    style,
  );
}

function badLines(bad: DataDescription["bad"]): readonly string[] {
  if (bad.length === 0) return ["bad records  none\n"];
  const more = bad.length > mostShown ? [`  and ${bad.length - mostShown} more (--json)\n`] : [];
  const shown = bad.slice(0, mostShown).map(({ reason }) => `  ${reason}\n`);
  return [`bad records  ${formatCount(bad.length)}\n`, ...shown, ...more];
}

const mostShown = 20;
