import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readSource, readSources, type SourceText } from "../support/house/source-files.ts";

/**
 * Who may import whom. A file belongs to the first row that matches it and may import from its own row
 * and from every row above; `only` names the exceptions of a row that sees less.
 */
interface Layer {
  readonly name: string;
  readonly files: RegExp;
  /** What it may import besides itself; without it, every row above. */
  readonly only?: readonly RegExp[];
}

const layers: readonly Layer[] = [
  { name: "source", files: /^compiler\/source\// },
  { name: "diagnostics", files: /^compiler\/diagnostics\// },
  { name: "dims", files: /^compiler\/dims\// },
  // The artifact is written in the terms of the kernel form, and addresses are computed from it.
  { name: "ir", files: /^compiler\/(ir\/|(stage-)?artifact\.ts$)/ },
  { name: "ops", files: /^compiler\/ops\// },
  { name: "phases", files: /^compiler\/\d-[a-z]+\// },
  { name: "pipeline", files: /^compiler\/(pipeline|emit-program|program-options)\.ts$/ },
  { name: "compile", files: /^compiler\/(compile(-stage)?\.ts$|assemble\/)/ },
  {
    name: "runtime",
    files: /^runtime\//,
    only: [
      /^compiler\/artifact\.ts$/,
      /^compiler\/ir\/(expr\/(scalar-types|expr-form)|scalar-functions\/scalar-functions|device-profile|reader-settings)\.ts$/,
    ],
  },
  { name: "api", files: /^compiler\/api\// },
  { name: "tune", files: /^compiler\/tune\// },
  { name: "cli", files: /^compiler\/cli\// },
  { name: "examples", files: /^examples\//, only: [/^compiler\/api\/library\.ts$/] },
];

/**
 * The same inside a phase: what stands in a row may import from the rows above, and not from its neighbours in
 * the row; what is named in one text belongs together. Files beside the folders that are not named come last: they may import everything.
 */
const orders: Readonly<Record<string, readonly (readonly string[])[]>> = {
  "compiler/1-parse": [
    ["lex"],
    ["recover"],
    ["grammar"],
    ["report-problems.ts"],
    ["read-file.ts"],
    ["build"],
    ["parse.ts"],
    ["format"],
  ],
  "compiler/2-check": [
    ["core load"],
    ["values"],
    ["axes"],
    ["bodies"],
    ["parts"],
    ["modes"],
    ["sampling", "variants"],
    ["weights"],
    ["stages"],
    ["updates"],
    ["experiments"],
  ],
  "compiler/5-schedule": [
    ["kernel-program"],
    ["fuse", "rewrite", "memory"],
    ["split", "schedules"],
    ["engines"],
    ["choose"],
    ["budget"],
  ],
};

/** Names by which a program reaches the disk, the clock, the console, chance or the GPU. */
const impure = new Set([
  "console",
  "process",
  "Date",
  "performance",
  "navigator",
  "setTimeout",
  "setImmediate",
  "fetch",
  "Buffer",
  "require",
  "random",
]);

const root = join(import.meta.dirname, "..", "..");
const files = readSources(root, ["compiler", "runtime", "examples"], impure);
const compilerFiles = files.filter(({ path }) => /^compiler\/(?!(api|tune|cli)\/)/.test(path));

function layerOf(path: string): number {
  return layers.findIndex((layer) => layer.files.test(path));
}

function mayImport(from: string, to: string, isType: boolean): boolean {
  const [source, target] = [layerOf(from), layerOf(to)];
  const layer = layers[source];
  if (layer === undefined || target < 0) return false;
  if (source === target) return layer.name !== "phases" || phaseOf(from) === phaseOf(to);
  if (layer.only === undefined) return target < source && layers[target]?.name !== "examples";
  // What the runtime shares with the compiler is plain data, so types of the kernel form are enough.
  if (layer.name === "runtime" && to.startsWith("compiler/ir/") && !isType) return false;
  return layer.only.some((allowed) => allowed.test(to));
}

const phaseOf = (path: string) => path.split("/")[1];

describe("layers", () => {
  test("there are files to look at", () => {
    expect(files.length).toBeGreaterThan(20);
    expect(files.map(({ path }) => path).filter((path) => layerOf(path) < 0)).toEqual([]);
  });

  test("imports point one way", () => {
    const wrong = files.flatMap(({ path, imports }) =>
      imports
        .filter((one) => !mayImport(path, one.path, one.isType))
        .map((one) => `${path} imports ${one.path}`),
    );
    expect(wrong).toEqual([]);
  });

  test.each(Object.keys(orders))("inside %s too", (phase) => {
    const order = orders[phase] ?? [];
    const own = files.filter(({ path }) => path.startsWith(`${phase}/`));
    const placeOf = (path: string): string => {
      const [place = ""] = path.slice(phase.length + 1).split("/");
      return order.flat().find((names) => names.split(" ").includes(place)) ?? place;
    };
    const rowOf = (path: string): number => {
      const place = placeOf(path);
      const row = order.findIndex((names) => names.includes(place));
      return row < 0 && place.endsWith(".ts") ? order.length : row;
    };
    expect(own.map(({ path }) => path).filter((path) => rowOf(path) < 0)).toEqual([]);
    const mayReach = (from: string, to: string): boolean =>
      rowOf(to) < rowOf(from) ||
      placeOf(to) === placeOf(from) ||
      (rowOf(from) === order.length && rowOf(to) === order.length);
    const wrong = own.flatMap(({ path, imports }) =>
      imports
        .filter((one) => one.path.startsWith(`${phase}/`) && !mayReach(path, one.path))
        .map((one) => `${path} imports ${one.path}`),
    );
    expect(wrong).toEqual([]);
  });

  test("no file imports itself in a circle", () => {
    expect(cyclesOf(importGraph(files, false))).toEqual([]);
  });

  test("nor by its types: what two files share lies in a file below both", () => {
    expect(cyclesOf(importGraph(files, true))).toEqual([]);
  });
});

function importGraph(
  of: readonly SourceText[],
  withTypes: boolean,
): ReadonlyMap<string, readonly string[]> {
  return new Map(
    of.map(({ path, imports }) => [
      path,
      imports.filter((one) => withTypes || !one.isType).map((one) => one.path),
    ]),
  );
}

/** Circles of imports, each as its path. */
function cyclesOf(graph: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (path: string, trail: readonly string[]) => {
    const start = trail.indexOf(path);
    if (start >= 0) circles.push([...trail.slice(start), path].join(" -> "));
    if (start >= 0 || done.has(path)) return;
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return circles;
}

describe("the compiler is pure", () => {
  test("it imports nothing of Node", () => {
    const wrong = compilerFiles.flatMap(({ path, packages }) =>
      packages
        .filter((specifier) => /^(node:|fs$|path$|os$|webgpu$|sharp$)/.test(specifier))
        .map((specifier) => `${path} imports ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });

  test("it names no clock, console, environment or chance", () => {
    const wrong = compilerFiles.flatMap(({ path, uses }) =>
      uses.map(({ line, shown }) => `${path}:${line} ${shown}`),
    );
    expect(wrong).toEqual([]);
  });

  test("it keeps nothing between two calls", () => {
    const wrong = compilerFiles.flatMap(({ path, openState }) =>
      openState.map((name) => `${path}: ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  test("a file that does any of this would be found", () => {
    const text = `
      import { readFileSync } from "node:fs";
      const kept = new Map();
      let count = 0;
      const full = new Map([[1, 2]]);
      export const now = () => Date.now() + Math.random() + own.random() + own.process;
    `;
    const found = readSource("compiler/x.ts", text, impure);
    expect(found.packages).toEqual(["node:fs"]);
    expect(found.openState).toEqual(["kept", "count"]);
    expect(found.uses.map(({ shown }) => shown)).toEqual(["Date.now", "Math.random"]);
  });
});

/** Texts become programs by these alone, here and in what a test or a script of ours starts. */
const evaluators = new Set(["eval", "Function", "WebAssembly"]);

describe("nothing that is read is ever run", () => {
  const all = readSources(root, ["compiler", "runtime", "examples", "tests"], evaluators);

  test("no text becomes JavaScript", () => {
    const wrong = all.flatMap(({ path, uses }) =>
      uses.map(({ line, shown }) => `${path}:${line} ${shown}`),
    );
    const machines = all.filter(({ packages }) =>
      packages.some((name) => /^(node:)?vm$/.test(name)),
    );
    expect(wrong).toEqual([]);
    expect(machines.map(({ path }) => path)).toEqual([]);
    const scripts = readdirSync(join(root, "bin")).filter((name) =>
      /\beval\(|\bFunction\(|["'](node:)?vm["']/.test(
        readFileSync(join(root, "bin", name), "utf8"),
      ),
    );
    expect(scripts).toEqual([]);
  });

  test("a file that does so would be found", () => {
    const text = "export const run = (text: string) => [new Function(text), eval(text), a.eval];";
    const found = readSource("compiler/x.ts", text, evaluators);
    expect(found.uses.map(({ shown }) => shown)).toEqual(["new Function(text)", "eval(text)"]);
  });
});

describe("the house", () => {
  const forbiddenNames = /(^|\/|-)(utils?|helpers?|common|manager|misc|ctx)(\/|\.ts$)/;

  test("no file is a drawer for everything", () => {
    expect(files.map(({ path }) => path).filter((path) => forbiddenNames.test(path))).toEqual([]);
  });

  test("no file is longer than 300 lines", () => {
    const lengthOf = ({ text }: SourceText) =>
      text.split("\n").filter((line) => line.trim() !== "").length;
    expect(files.filter((file) => lengthOf(file) > 300).map(({ path }) => path)).toEqual([]);
  });

  test("nobody compares the kind of an engine: its record is asked, or `isEngine`", () => {
    const comparison = /engine\??\.kind\s*(===|!==)|switch \((kernel\.)?engine\.kind\)/;
    const isCompared = ({ path, text }: SourceText) =>
      /^compiler\/(5-schedule|6-emit|ir\/kernel|pipeline)/.test(path) && comparison.test(text);
    // The one place that narrows, and the one that checks what a nest is given.
    expect(files.filter(isCompared).map(({ path }) => path)).toEqual([
      "compiler/6-emit/wgsl/nests/nest-registry.ts",
      "compiler/ir/kernel/engines/engine-registry.ts",
    ]);
  });

  test("no folder has more than 25 files beside each other", () => {
    const crowded = ["compiler", "runtime", "stdlib", "models", "examples", "tests", "bin", "docs"]
      .flatMap((top) => [top, ...foldersBelow(top)])
      .map((folder) => ({ folder, count: filesIn(folder) }))
      .filter(({ count }) => count > 25);
    expect(crowded).toEqual([]);
  });

  test("the architecture page names every folder of the compiler and the runtime", () => {
    const page = readFileSync(join(root, "docs/ARCHITECTURE.md"), "utf8");
    const folders = ["compiler", "runtime"].flatMap(foldersBelow);
    const nameOf = (path: string) => path.slice(path.lastIndexOf("/") + 1);
    expect(folders.map(nameOf).filter((name) => !page.includes(`${name}/`))).toEqual([]);
  });

  test("every dependency has a sentence in docs/decisions.md", () => {
    const description: unknown = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const decisions = readFileSync(join(root, "docs/decisions.md"), "utf8");
    const named = ["dependencies", "devDependencies", "optionalDependencies"].flatMap((field) => {
      const group = Reflect.get(Object(description), field) as Record<string, string> | undefined;
      return Object.keys(group ?? {});
    });
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !decisions.includes(`\`${name}\``))).toEqual([]);
  });
});

/** All folders below one, from the root. */
function foldersBelow(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => [`${folder}/${name}`, ...foldersBelow(`${folder}/${name}`)]);
}

function filesIn(folder: string): number {
  return readdirSync(join(root, folder), { withFileTypes: true }).filter((entry) => entry.isFile())
    .length;
}
