import { catalog, families } from "./catalog.ts";
import type { CatalogEntry } from "./diagnostic.ts";

/** The long story of a code as Markdown; undefined where there is no such code. */
export function explain(code: string): string | undefined {
  const entry = entryOf(code);
  return entry === undefined ? undefined : section(code, entry, "#");
}

/** Every code, for suggestions and lists. */
export function allCodes(): readonly string[] {
  return Object.keys(catalog);
}

/** The page with all codes: a table, then their stories. */
export function errorIndex(): string {
  const parts = families.map(({ name, entries }) => {
    const listed = Object.entries<CatalogSummary>(entries);
    const rows = listed.map(([code, { title }]) => `| [\`${code}\`](#${code}) | ${title} |`);
    const stories = listed.map(([code, entry]) => section(code, entry, "###"));
    return { table: [`| ${name} | |`, "|---|---|", ...rows].join("\n"), name, stories };
  });
  return [
    "# Errors and warnings",
    "Generated from the catalog in `compiler/diagnostics`. `weft explain CODE` prints one of them.",
    ...parts.map(({ table }) => table),
    ...parts.flatMap(({ name, stories }) => [`## ${name}`, ...stories]),
  ]
    .join("\n\n")
    .replaceAll(/\n{3,}/g, "\n\n")
    .trimEnd()
    .concat("\n");
}

/** What an entry says without parameters. */
type CatalogSummary = Pick<CatalogEntry<never>, "severity" | "title" | "explain">;

function entryOf(code: string): CatalogSummary | undefined {
  const entries: Readonly<Record<string, CatalogSummary>> = catalog;
  return Object.hasOwn(entries, code) ? entries[code] : undefined;
}

function section(
  code: string,
  { severity, title, explain }: CatalogSummary,
  level: string,
): string {
  const kind = severity === "warning" ? "Warning: " : "";
  const sentence = `${kind}${title}`;
  return `${level} ${code}\n\n${sentence[0]?.toUpperCase() ?? ""}${sentence.slice(1)}.\n\n${explain}`;
}
