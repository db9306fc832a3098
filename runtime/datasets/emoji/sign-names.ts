import { textsIn } from "../read-member.ts";
import { signKey } from "./sign-key.ts";

/** The name of a sign first, then its keywords, none of them twice. */
export type SignNames = ReadonlyMap<string, readonly string[]>;

interface Annotation {
  readonly default?: readonly string[];
  readonly tts?: readonly string[];
}

/**
 * Names and keywords of signs in some languages, from the two packages of Unicode's locale data: `annotations` first,
 * `annotationsDerived` for signs that are joined of several.
 *
 * @returns by language, then by key of the sign.
 * @throws {RuntimeFault} where a language is in neither.
 */
export async function readSignNames(
  annotations: string,
  derived: string,
  languages: readonly string[],
): Promise<ReadonlyMap<string, SignNames>> {
  const first = await namesIn(annotations, "annotations", languages);
  const second = await namesIn(derived, "annotationsDerived", languages);
  return new Map(
    languages.map((language) => [
      language,
      new Map([...(second.get(language) ?? []), ...(first.get(language) ?? [])]),
    ]),
  );
}

async function namesIn(
  archive: string,
  folder: "annotations" | "annotationsDerived",
  languages: readonly string[],
): Promise<ReadonlyMap<string, SignNames>> {
  const pathOf = (language: string) => `package/${folder}/${language}/annotations.json`;
  const texts = await textsIn(archive, languages.map(pathOf));
  return new Map(
    languages.map((language) => {
      const document = JSON.parse(texts[pathOf(language)] ?? "") as Readonly<
        Record<string, { readonly annotations: Readonly<Record<string, Annotation>> }>
      >;
      const found = Object.entries(document[folder]?.annotations ?? {});
      const named = found.flatMap(([sign, { tts, default: keywords = [] }]) => {
        const name = tts?.[0];
        if (name === undefined) return [];
        return [[signKey(sign), [...new Set([name, ...keywords])]] as const];
      });
      return [language, new Map(named)];
    }),
  );
}
