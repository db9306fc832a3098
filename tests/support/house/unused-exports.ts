import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";

/** A name that a file exports or takes. */
interface NameOfFile {
  /** From the root, with `/`. */
  readonly path: string;
  readonly name: string;
}

/** Every name of a file, where one cannot say which are taken: `import * as own`, `() => import("./own.ts")`. */
const everything = "*";

/**
 * What files below `owners` export and no file below `users` takes; scripts that take from `dist/` count.
 * `entries` are what the package exports. Reads lines, not syntax: all files are in one format.
 */
export function unusedExports(
  root: string,
  { owners, users, entries }: Readonly<Record<"owners" | "users" | "entries", readonly string[]>>,
): readonly NameOfFile[] {
  const used = new Set<string>();
  const exported: NameOfFile[] = [];
  for (const path of users.flatMap((folder) => filesBelow(root, folder))) {
    const text = readFileSync(join(root, path), "utf8");
    for (const use of usesIn(path, text)) used.add(`${use.path} ${use.name}`);
    if (owners.some((folder) => path.startsWith(`${folder}/`)) && !entries.includes(path))
      exported.push(...exportsIn(text).map((name) => ({ path, name })));
  }
  return exported.filter(
    ({ path, name }) => !used.has(`${path} ${name}`) && !used.has(`${path} ${everything}`),
  );
}

const declaration =
  /^export (?:async |abstract |declare )*(?:const|let|function\*?|class|interface|type|enum) (\w+)/gm;
const list = /^export (?:type )?\{([^}]*)\};/gm;

/** What is passed on from another file is not the file's own. */
export function exportsIn(text: string): readonly string[] {
  const declared = [...text.matchAll(declaration)].map(([, name = ""]) => name);
  const listed = [...text.matchAll(list)].flatMap(([, names = ""]) => namesIn(names, "exported"));
  return [...declared, ...listed];
}

const fixed = /^(?:import|export) (?:type )?(\{[^}]*\}|\*[^"]*?) from "(\.[^"]+)";/gm;
const dynamic = /(?:const (\{[^}]*\}) = await )?\bimport\(\s*"(\.[^"]+)"/g;
const located = /\bnew URL\("(\.[^"]+\.[tj]s)"/g;
const ofType = /\bimport\("(\.[^"]+)"\)\.(\w+)/g;

export function usesIn(path: string, text: string): readonly NameOfFile[] {
  const found: NameOfFile[] = [];
  const add = (specifier: string, names: readonly string[]): void => {
    const of = sourceOf(posix.join(posix.dirname(path), specifier));
    found.push(...names.map((name) => ({ path: of, name })));
  };
  const taken = (names: string | undefined): readonly string[] =>
    names?.startsWith("{") === true ? namesIn(names.slice(1, -1), "taken") : [everything];
  for (const [, names, specifier = ""] of text.matchAll(fixed)) add(specifier, taken(names));
  for (const [, specifier = ""] of text.matchAll(located)) add(specifier, [everything]);
  for (const [, specifier = "", name = ""] of text.matchAll(ofType)) add(specifier, [name]);
  for (const [, names, specifier = ""] of text.replace(ofType, "").matchAll(dynamic))
    add(specifier, taken(names));
  return found;
}

/** `a, type B, c as d, e: f`: the name inside the file, or the one outside. */
function namesIn(names: string, which: "taken" | "exported"): readonly string[] {
  return names
    .split(",")
    .map((one) => one.trim().replace(/^type /, ""))
    .filter(Boolean)
    .map((one) => one.split(/ as |: /))
    .map(([own = "", other = own]) => (which === "taken" ? own : other));
}

/** What is built from `compiler/x.ts` lies in `dist/compiler/x.js`, and the command's entry in the bundle too. */
function sourceOf(path: string): string {
  if (path === "dist/bundle/main.js") return "compiler/cli/main.ts";
  return path.startsWith("dist/") ? path.slice("dist/".length).replace(/\.js$/, ".ts") : path;
}

function filesBelow(root: string, folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => /\.m?[tj]s$/.test(path) && !path.endsWith(".d.ts"))
    .map((path) => posix.join(folder, path.replaceAll("\\", "/")));
}
